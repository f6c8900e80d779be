"""One recipe in the engine, seen from the event loop: frames come out, a wish to end goes in."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from PIL.Image import Image as PILImage

from dreamqueue import logs
from dreamqueue.errors import PaintError, TooLate
from dreamqueue.recipe import Recipe
from dreamrender import metrics
from dreamrender.backend import Backend, HasChoice, Inputs, Part, Session, Steerable
from dreamrender.broken import EngineBroken
from dreamrender.checkpoints import Before, Saves
from dreamrender.picture import to_pil
from dreamrender.sheet import CELLS
from dreamrender.types import Cells, Image

KEPT_FRAMES = 48
"""Frames that an animation is made of, at most (plus the last)."""
EARLIER = 10
"""Frames that can be taken later: one every tenth of the way. Early ones are often the best."""

Change: TypeAlias = Callable[[Recipe, int], Recipe]
"""From the recipe and the steps done to the recipe from here on; raises DreamError if that cannot be."""


@dataclass(frozen=True)
class FrameReady:
    """A progress picture; a newer one replaces it if nobody took it."""

    step: int
    score: float | None
    seconds: float
    picture: PILImage


@dataclass(frozen=True)
class Outcome:
    """How a painting ended."""

    kind: str
    """"finished", "stopped" or "cancelled"."""
    picture: Image | None = None
    step: int = 0
    score: float | None = None
    seconds: float = 0.0
    notes: tuple[str, ...] = ()
    extras: Mapping[str, bytes] = field(default_factory=dict)
    """Other forms of the picture, by file suffix."""
    parts: Sequence[Part] = ()
    """Where it is several pictures: each of them."""
    state: bytes | None = None
    """What a longer render goes on from."""
    cells: Cells = ()
    """Where the picture is a sheet: where each of its pictures lies."""


@dataclass(frozen=True)
class _Choice:
    """Which of several goes on; None: the best."""

    pick: int | None


class Painting:
    """Made by `Engine.paint`. Methods without an underscore below `wanted` are for the engine's thread."""

    def __init__(
        self,
        recipe: Recipe,
        inputs: Inputs,
        loop: asyncio.AbstractEventLoop,
        frame_seconds: float,
        state: bytes | None = None,
        before: Before | None = None,
        saves: Saves | None = None,
    ) -> None:
        before = before or Before()
        self.recipe = recipe
        """As it is now: a turn on the way changes it, and a lack of memory makes it smaller."""
        self.inputs = inputs
        self.state = state
        """A saved session to go on from."""
        self.earlier: dict[int, PILImage] = {}
        """Frames by step, one every tenth of the way."""
        self.saves = saves or Saves(loop, 0.0)
        """Its session on its way, for checkpoints."""
        self.kept: list[PILImage] = [frame for _, frame in sorted(before.frames.items())]
        """Frames at even distances, for the animation."""
        self.seconds = before.seconds
        """Time that its steps and frames took."""
        self.notes = before.notes
        """What the member should know besides what the session says."""
        self.alone = False
        """Whether it shares its steps with nobody."""
        self.blamed = False
        """Whether the engine was at work on it when it broke."""
        self.shrunk = False
        self.jobs = logs.jobs()
        """Those whose painting it is, for the log."""
        self.wanted: Literal["cancel", "stop"] | None = None
        self.under_way = False
        """Whether the engine has made its session."""
        self.over = False
        self._loop = loop
        self._frame_seconds = frame_seconds
        self._made = time.monotonic()
        self.waited = 0.0
        """Seconds until it was begun: for a place in the engine, for room, for models."""
        self._last_frame = 0.0
        self._keep_every = max(1, recipe.last_step // KEPT_FRAMES)
        self._earlier_every = max(1, recipe.last_step // EARLIER)
        self._changes: queue.SimpleQueue[tuple[Change | _Choice, asyncio.Future[Recipe]]] = (
            queue.SimpleQueue()
        )
        self._choosing: list[asyncio.Future[Recipe]] = []
        """Choices that wait for the end of a trial."""
        self._frame: FrameReady | None = None
        self._outcome: Outcome | Exception | None = None
        self._changed = asyncio.Event()
        self.ended = asyncio.Event()
        """Set once the engine has let go of it, whether or not anybody follows its updates."""
        self._unclaimed = threading.Lock()

    def cancel(self) -> None:
        """End it within a step and keep nothing; at once if it still waits."""
        self.wanted = "cancel"
        self._abandon_if_waiting()

    def stop(self) -> None:
        """End it within a step and keep the picture as it is; if it still waits there is none."""
        self.wanted = self.wanted or "stop"
        self._abandon_if_waiting()

    def change(self, change: Change) -> asyncio.Future[Recipe]:
        """Turn the recipe before the next step. The future gives the recipe from there on, or why not."""
        answer: asyncio.Future[Recipe] = self._loop.create_future()
        self._changes.put((change, answer))
        if self.over:
            self._let_go()
        return answer

    def choose(self, pick: int | None) -> asyncio.Future[Recipe]:
        """Let one of several candidates go on (`backend.HasChoice`). The future gives the recipe once it does
        so alone, or why not.
        """
        answer: asyncio.Future[Recipe] = self._loop.create_future()
        self._changes.put((_Choice(pick), answer))
        if self.over:
            self._let_go()
        return answer

    async def updates(self) -> AsyncIterator[FrameReady | Outcome]:
        """Frames, newest wins, and at last the outcome. Raises what the backend raised."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            if isinstance(self._outcome, Exception):
                raise self._outcome
            if self._outcome is not None:
                yield self._outcome
                return
            if self._frame is not None:
                frame, self._frame = self._frame, None
                yield frame

    async def gone(self) -> None:
        """Returns when the engine has let go of it."""
        await self.ended.wait()

    def claim(self) -> bool:
        """Whether one may begin it, or end it before it is begun: True for whoever asks first."""
        return self._unclaimed.acquire(blocking=False)

    def begun(self) -> None:
        """The engine has made its session."""
        self.waited = time.monotonic() - self._made
        self._last_frame = time.monotonic()
        self.under_way = True

    def shrink(self, recipe: Recipe, note: str) -> None:
        """It is painted again from the start, smaller than it was asked for."""
        self.recipe, self.shrunk = recipe, True
        self.notes = (*self.notes, note)
        self.state = None
        self.seconds = 0.0
        self.kept.clear()
        self.earlier.clear()

    def turn(self, backend: Backend, session: Session) -> None:
        """The engine is between two steps: make the changes that were asked for."""
        while (asked := self._asked()) is not None:
            change, answer = asked
            if isinstance(change, _Choice):
                self._choose(change, answer, backend, session)
                continue
            try:
                if not isinstance(backend, Steerable):
                    what = "a job of several pictures" if self.recipe.several else f"`{self.recipe.backend}`"
                    raise PaintError(f"{what} cannot be changed on its way.")
                recipe = change(self.recipe, session.step)
                backend.steer(session, recipe)
            except Exception as error:
                self._loop.call_soon_threadsafe(_refuse, answer, error)
            else:
                self.recipe = recipe
                self._loop.call_soon_threadsafe(_grant, answer, recipe)

    def settle(self, recipe: Recipe, note: str) -> None:
        """It was several pictures and is one from now on."""
        self.recipe = recipe
        self.notes = (*self.notes, note)
        self.saves.soon()
        for answer in self._choosing:
            self._loop.call_soon_threadsafe(_grant, answer, recipe)
        self._choosing.clear()

    def stepped(self, session: Session, seconds: float, picture: Callable[[], Image]) -> None:
        """The engine made a step that took `seconds`; `picture` draws it if it is due."""
        self.seconds += seconds
        metrics.stepped(self.recipe.backend, seconds)
        began = time.perf_counter()
        due = time.monotonic() - self._last_frame >= self._frame_seconds or session.step == 1
        keep = session.step % self._keep_every == 0 or session.step == 1
        earlier = session.step % self._earlier_every == 0 and session.step < self.recipe.last_step
        if not (due or keep or earlier):
            return
        drawn = to_pil(picture())
        drawn.info[CELLS] = getattr(session, "cells", ())
        if earlier:
            self.earlier[session.step] = drawn
        if keep:
            self.kept.append(drawn)
        if due:
            self._last_frame = time.monotonic()
            self._tell(FrameReady(session.step, session.score, self.seconds, drawn))
        self.seconds += time.perf_counter() - began

    def end(self, outcome: Outcome) -> None:
        """It is finished, stopped or cancelled."""
        self._let_go()
        self._tell(outcome)

    def fail(self, error: Exception) -> None:
        """It could not be painted."""
        self.blamed = isinstance(error, EngineBroken) and error.blamed
        self._let_go()
        self._tell(error)

    def _choose(
        self, choice: _Choice, answer: asyncio.Future[Recipe], backend: Backend, session: Session
    ) -> None:
        try:
            if not isinstance(backend, HasChoice):
                raise TooLate("There is nothing to choose (any more).")
            backend.choose(session, choice.pick)
        except Exception as error:
            self._loop.call_soon_threadsafe(_refuse, answer, error)
        else:
            self._choosing.append(answer)

    def _abandon_if_waiting(self) -> None:
        if self.claim():
            self.end(Outcome("cancelled"))

    def _let_go(self) -> None:
        self.over = True
        self.saves.close()
        while (asked := self._asked()) is not None:
            self._loop.call_soon_threadsafe(_refuse, asked[1], TooLate("It has ended already."))
        for answer in self._choosing:
            self._loop.call_soon_threadsafe(_refuse, answer, TooLate("It ended before that."))
        self._choosing.clear()

    def _asked(self) -> tuple[Change | _Choice, asyncio.Future[Recipe]] | None:
        try:
            return self._changes.get_nowait()
        except queue.Empty:
            return None

    def _tell(self, what: FrameReady | Outcome | Exception) -> None:
        def deliver() -> None:
            if isinstance(what, FrameReady):
                self._frame = what
            elif self._outcome is None:
                self._outcome = what
                self.ended.set()
            self._changed.set()

        self._loop.call_soon_threadsafe(deliver)


def _grant(answer: asyncio.Future[Recipe], recipe: Recipe) -> None:
    if not answer.done():
        answer.set_result(recipe)


def _refuse(answer: asyncio.Future[Recipe], error: Exception) -> None:
    if not answer.done():
        answer.set_exception(error)
