"""The engine: paints up to `max_sessions` jobs at once, step by step, in a thread of its own.

Each turn every session makes one step; sessions of one group share a batched step. Sessions join and leave
between steps, so a newcomer waits for no one's end and a cancelled one is gone within a step.
"""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import partial

from dreamqueue.errors import CannotResume
from dreamqueue.recipe import Recipe
from dreamrender.backend import Backend, HasExtras, Inputs, Resumable, Session
from dreamrender.painting import Outcome, Painting

log = logging.getLogger(__name__)


class Engine:
    """Runs sessions of any backend.

    `load` gives a backend by name (called in the engine's thread, may be slow the first time).
    `batch` bounds how many sessions share one step: 1 makes a picture independent of its neighbours to the
    last bit, more is faster where one picture does not fill the device.
    """

    def __init__(
        self,
        load: Callable[[str], Backend],
        *,
        max_sessions: int = 1,
        batch: int = 1,
        frame_seconds: float = 1.0,
    ) -> None:
        self._load = load
        self.max_sessions = max_sessions
        self._batch = batch
        self._frame_seconds = frame_seconds
        self._arrivals: queue.SimpleQueue[Painting | None] = queue.SimpleQueue()
        self._running: list[tuple[Painting, Backend, Session]] = []
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self) -> None:
        """Abandon what is being painted and end the thread; returns when it has ended."""
        self._closing = True
        self._arrivals.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def paint(self, recipe: Recipe, inputs: Inputs | None = None, state: bytes | None = None) -> Painting:
        """Begin a recipe, or go on from a saved state. Call from a running event loop.

        Follow it with `Painting.updates`.
        """
        loop = asyncio.get_running_loop()
        painting = Painting(recipe, inputs or Inputs(), loop, self._frame_seconds, state)
        self._arrivals.put(painting)
        return painting

    def _run(self) -> None:
        while not self._closing:
            self._admit()
            for backend, entries in self._groups():
                self._step(backend, entries)
            self._running = [entry for entry in self._running if not entry[0].over]
        for painting, _, _ in self._running:
            painting.fail(RuntimeError("the engine was closed"))

    def _admit(self) -> None:
        while len(self._running) < self.max_sessions:
            try:
                painting = self._arrivals.get(block=not self._running)
            except queue.Empty:
                return
            if painting is None:
                return
            if painting.wanted is not None:
                painting.abandon()
                continue
            try:
                backend = self._load(painting.recipe.backend)
                session = _begun(backend, painting)
            except Exception as error:
                painting.fail(error)
                continue
            painting.begun()
            self._running.append((painting, backend, session))

    def _groups(self) -> Iterator[tuple[Backend, list[tuple[Painting, Session]]]]:
        groups: dict[tuple[int, Hashable], list[tuple[Painting, Session]]] = defaultdict(list)
        backends: dict[int, Backend] = {}
        for painting, backend, session in self._running:
            if painting.wanted is not None:
                self._end_early(painting, backend, session)
                continue
            painting.turn(backend, session)
            backends[id(backend)] = backend
            groups[id(backend), backend.group(session)].append((painting, session))
        for (backend_id, _), entries in groups.items():
            for start in range(0, len(entries), self._batch):
                yield backends[backend_id], entries[start : start + self._batch]

    def _step(self, backend: Backend, entries: Sequence[tuple[Painting, Session]]) -> None:
        before = time.perf_counter()
        try:
            backend.step([session for _, session in entries])
        except Exception as error:
            for painting, _ in entries:
                painting.fail(error)
            return
        share = (time.perf_counter() - before) / len(entries)
        for painting, session in entries:
            try:
                painting.stepped(session, share, partial(backend.picture, session))
                if session.step >= painting.recipe.steps:
                    painting.end(_outcome("finished", painting, backend, session))
            except Exception as error:
                painting.fail(error)

    def _end_early(self, painting: Painting, backend: Backend, session: Session) -> None:
        if painting.wanted == "stop" and session.step > 0:
            try:
                painting.end(_outcome("stopped", painting, backend, session))
            except Exception as error:
                painting.fail(error)
        else:
            painting.abandon()


def _begun(backend: Backend, painting: Painting) -> Session:
    if painting.state is None:
        return backend.begin(painting.recipe, painting.inputs)
    if not isinstance(backend, Resumable):
        raise CannotResume(f"`{painting.recipe.backend}` begins anew each time")
    return backend.resume(painting.recipe, painting.inputs, painting.state)


def _outcome(kind: str, painting: Painting, backend: Backend, session: Session) -> Outcome:
    return Outcome(
        kind=kind,
        picture=backend.picture(session),
        step=session.step,
        score=session.score,
        seconds=painting.seconds,
        notes=tuple(getattr(session, "notes", ())),
        extras=backend.extras(session) if isinstance(backend, HasExtras) else {},
        state=_state(backend, session),
    )


def _state(backend: Backend, session: Session) -> bytes | None:
    """What a longer render goes on from; None where the backend keeps none, or it would be too large."""
    if not isinstance(backend, Resumable):
        return None
    try:
        return backend.save(session)
    except CannotResume as error:
        log.info("the state of a painting is not kept: %s", error)
        return None
