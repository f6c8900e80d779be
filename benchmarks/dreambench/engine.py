"""The engine with a real painter: what company costs, whether each gets its share, how soon the next begins.

Pictures a minute of several sessions against one, each number of sessions in a process of its own for the
peak of memory; the largest difference in progress between sessions that began together; and the time from
one job's last step to the first step of the one that waited for its place.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Hashable, Sequence
from dataclasses import asdict, dataclass, replace
from statistics import median
from typing import Any

import click
import torch

from dreamqueue.recipe import Phrase, Recipe
from dreamrender.backend import Backend, Inputs, Session
from dreamrender.backends import load_backend
from dreamrender.engine import Engine
from dreamrender.painting import Painting
from dreamrender.types import Image


@dataclass(frozen=True)
class Crowd:
    """So many sessions at once, until each has its picture."""

    backend: str
    sessions: int
    batch: int
    """Sessions that share a step, at most."""
    seconds: float
    """Of all of them."""
    a_minute: float
    """Pictures."""
    apart: float
    """Largest difference between the steps of two of them at any moment, as a share of all their steps."""
    next_ms: float
    """Milliseconds from a job's last step to the first step of the one that waited; median."""
    megabytes: float
    """Peak of the process' main memory."""
    times: float = 1.0
    """What a picture costs, as a share of what one costs alone."""


class Watched:
    """A backend whose steps are written down."""

    def __init__(self, inner: Backend) -> None:
        self._inner = inner
        self.apart = 0
        """Largest difference between the steps of sessions that are under way."""
        self.gaps: list[float] = []
        self._under_way: dict[int, int] = {}
        self._ended: float | None = None

    def begin(self, recipe: Recipe, inputs: Inputs) -> Session:
        """As the backend does."""
        return self._inner.begin(recipe, inputs)

    def group(self, session: Session) -> Hashable:
        """As the backend says."""
        return self._inner.group(session)

    def picture(self, session: Session) -> Image:
        """As the backend draws it."""
        return self._inner.picture(session)

    def step(self, sessions: Sequence[Session]) -> None:
        """One step of each."""
        if self._ended is not None and any(session.step == 0 for session in sessions):
            self.gaps.append(time.perf_counter() - self._ended)
            self._ended = None
        self._inner.step(sessions)
        for session in sessions:
            self._under_way[id(session)] = session.step
        steps = self._under_way.values()
        self.apart = max(self.apart, max(steps) - min(steps))
        for session in sessions:
            if session.step >= session.recipe.steps:
                del self._under_way[id(session)]
                self._ended = time.perf_counter()


def crowd(name: str, sessions: int, batch: int, steps: int, size: int, device: str = "cpu") -> Crowd:
    """Paint so many at once, then three one after the other."""
    inner = load_backend(name, device)
    _painted(Watched(inner), [_recipe(name, 99, 2, size)], 1, 1)
    watched = Watched(inner)
    recipes = [_recipe(name, seed, steps, size) for seed in range(sessions)]
    seconds = _painted(watched, recipes, sessions, batch)
    queued = Watched(inner)
    _painted(queued, [_recipe(name, seed, 2, size) for seed in range(4)], 1, 1)
    scale = 1 if sys.platform == "darwin" else 1024
    return Crowd(
        backend=name,
        sessions=sessions,
        batch=batch,
        seconds=seconds,
        a_minute=60 * sessions / seconds,
        apart=watched.apart / steps,
        next_ms=1000 * median(queued.gaps),
        megabytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * scale / 1e6,
    )


def crowds(
    name: str, counts: Sequence[int], batches: Sequence[int], steps: int, size: int, device: str = "cpu"
) -> list[Crowd]:
    """Each in a process of its own, and what a picture costs in it against one alone. `batches`: 0 is all."""
    found: list[Crowd] = []
    for batch in batches:
        alone: Crowd | None = None
        for sessions in counts:
            now = _apart(name, sessions, batch or sessions, steps, size, device)
            alone = alone or now
            times = (now.seconds / now.sessions) / (alone.seconds / alone.sessions)
            found.append(replace(now, times=times))
    return found


def _painted(backend: Backend, recipes: Sequence[Recipe], sessions: int, batch: int) -> float:
    """Seconds until all are there."""

    async def paint() -> float:
        engine = Engine(lambda _: backend, max_sessions=sessions, batch=batch, frame_seconds=1e9)
        paintings = [engine.paint(recipe) for recipe in recipes]
        began = time.perf_counter()
        engine.start()
        await asyncio.gather(*map(_end, paintings))
        taken = time.perf_counter() - began
        await asyncio.to_thread(engine.close)
        return taken

    return asyncio.run(paint())


async def _end(painting: Painting) -> None:
    async for _ in painting.updates():
        pass


def _recipe(backend: str, seed: int, steps: int, size: int) -> Recipe:
    phrases = (Phrase(text="a red apple on a table"),)
    return Recipe(phrases=phrases, backend=backend, width=size, height=size, steps=steps, seed=seed)


def _apart(name: str, sessions: int, batch: int, steps: int, size: int, device: str) -> Crowd:
    numbers = {"sessions": sessions, "batch": batch, "steps": steps, "size": size}
    command = [sys.executable, "-m", "dreambench.engine", name, "--device", device]
    command += [part for option, number in numbers.items() for part in (f"--{option}", str(number))]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "OMP_NUM_THREADS": str(torch.get_num_threads()),
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    facts: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return Crowd(**facts)


@click.command()
@click.argument("name")
@click.option("--sessions", default=1)
@click.option("--batch", default=1)
@click.option("--steps", default=20)
@click.option("--size", default=128)
@click.option("--device", default="cpu")
def main(name: str, sessions: int, batch: int, steps: int, size: int, device: str) -> None:
    """Print one crowd as JSON."""
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", torch.get_num_threads())))
    print(json.dumps(asdict(crowd(name, sessions, batch, steps, size, device))))


if __name__ == "__main__":
    main()
