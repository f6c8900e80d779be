"""The engine: paints up to `max_sessions` jobs at once, step by step, in a thread of its own.

Each turn every session makes one step; sessions of one group share a batched step. Sessions join and leave
between steps, so a newcomer waits for no one's end and a cancelled one is gone within a step. A newcomer for
whose models there is no room beside those in use waits (`dreamrender.waiting`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from dreamqueue.recipe import Recipe
from dreamrender import residents, shrinking
from dreamrender.backend import Backend, Inputs
from dreamrender.broken import EngineBroken
from dreamrender.checkpoints import Before, Saves
from dreamrender.holding import holding
from dreamrender.painting import Outcome, Painting
from dreamrender.poisoned import poisoned
from dreamrender.pulse import Pulse
from dreamrender.room import Boundless, Room
from dreamrender.running import Running
from dreamrender.several import backend_for
from dreamrender.waiting import Waiting

log = logging.getLogger(__name__)


class Engine:
    """Runs sessions of any backend.

    `load` gives a backend by name (called in the engine's thread, may be slow the first time).
    `batch` bounds how many sessions share one step: 1 makes a picture independent of its neighbours to the
    last bit, more is faster where one picture does not fill the device. `room` says which recipes this device
    has room for, now or ever. Every `checkpoint_seconds` of work a painting is saved for whoever waits for
    that (`Painting.saves`); 0: never.
    """

    def __init__(
        self,
        load: Callable[[str], Backend],
        *,
        max_sessions: int = 1,
        batch: int = 1,
        frame_seconds: float = 1.0,
        room: Room | None = None,
        checkpoint_seconds: float = 0.0,
    ) -> None:
        self._load = load
        self._room = room or Boundless()
        self.max_sessions = max_sessions
        self._batch = batch
        self._frame_seconds = frame_seconds
        self._checkpoint_seconds = checkpoint_seconds
        self._arrivals: queue.SimpleQueue[Painting | None] = queue.SimpleQueue()
        self._waiting = Waiting(self._room)
        self._running: list[Running] = []
        self._closing = False
        self.pulse = Pulse()
        """What its thread is doing just now."""
        self.broken: str | None = None
        """Why it cannot go on, once it cannot."""
        self._breaking = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def close(self, patience: float | None = None) -> bool:
        """Abandon what is being painted and end the thread; returns when it has ended.

        It ends with the step that it makes. With `patience`, returns after so many seconds at the latest.
        Gives whether it has ended.
        """
        self._closing = True
        self._arrivals.put(None)
        if self._thread.is_alive():
            self._thread.join(patience)
        return not self._thread.is_alive()

    @property
    def sessions(self) -> int:
        """Jobs that are being painted. Any thread may ask."""
        return len(self._running)

    @property
    def alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def break_down(self, why: str, blamed: Iterable[Painting] = ()) -> None:
        """It cannot go on; everybody gets an EngineBroken. From any thread, and the first reason counts."""
        with self._breaking:
            if self.broken is not None:
                return
            self.broken = why
        self._closing = True
        at_work = {id(painting): painting for painting in blamed}
        self._receive_late()
        others = [*(one.painting for one in self._running), *self._waiting.all()]
        for painting in (at_work | {id(other): other for other in others}).values():
            painting.fail(EngineBroken(why, id(painting) in at_work))

    def paint(
        self,
        recipe: Recipe,
        inputs: Inputs | None = None,
        state: bytes | None = None,
        before: Before | None = None,
        *,
        alone: bool = False,
    ) -> Painting:
        """Begin a recipe, or go on from a saved state. Call from a running event loop.

        `before` is what was made of the same painting until then, if it is to be counted. `alone`: it shares
        its steps with nobody, so that nobody else is blamed if it breaks the engine. Follow it with
        `Painting.updates`.
        """
        loop = asyncio.get_running_loop()
        before = before or Before()
        saves = Saves(loop, self._checkpoint_seconds, before.seconds)
        painting = Painting(recipe, inputs or Inputs(), loop, self._frame_seconds, state, before, saves)
        painting.alone = alone
        self._arrivals.put(painting)
        if self.broken is not None:
            painting.fail(EngineBroken(self.broken))
        return painting

    def _run(self) -> None:
        try:
            self._serve()
        except BaseException as error:
            beat = self.pulse.during(error)
            why = f"{beat.what if beat else 'the engine'} ended in {type(error).__name__}: {error}"
            log.critical("the engine cannot go on", exc_info=error)
            self.break_down(why, beat.paintings if beat else ())

    def _serve(self) -> None:
        while not self._closing:
            self._receive()
            self._admit()
            self._advance()
        if self.broken is not None:
            return
        closed = RuntimeError("the engine was closed")
        for one in self._running:
            one.end(closed)
        self._receive()
        for painting in self._waiting.all():
            if painting.claim():
                painting.fail(closed)

    def _receive(self) -> None:
        """Take in those who came; if there is nothing else to do, wait for one."""
        idle = not (self._running or self._waiting or self._closing)
        while True:
            try:
                painting = self._arrivals.get(block=idle)
            except queue.Empty:
                return
            idle = False
            if painting is not None:
                self._waiting.add(painting)

    def _receive_late(self) -> None:
        """Take in those who came and will not be painted."""
        with contextlib.suppress(queue.Empty):
            while True:
                if (painting := self._arrivals.get_nowait()) is not None:
                    self._waiting.add(painting)

    def _admit(self) -> None:
        while len(self._running) < self.max_sessions:
            with self.pulse.doing("finding room", *self._waiting.here(), loads=True):
                painting = self._waiting.next(alone=not self._running)
            if painting is None:
                return
            with self.pulse.doing("a beginning", painting, loads=True):
                self._begin(painting)

    def _begin(self, painting: Painting) -> None:
        try:
            with holding(painting):
                backend = backend_for(painting.recipe, self._load, self._batch)
                self._room.make(painting.recipe, painting)
                session = shrinking.begin(backend, painting)
        except Exception as error:
            if poisoned(error):
                raise
            residents.release(painting)
            painting.fail(error)
            return
        painting.begun()
        self._running.append(Running(painting, backend, session))

    def _advance(self) -> None:
        """One step of all. Nothing of a session that has ended is left when the next one begins."""
        for backend, entries in self._groups():
            with self.pulse.doing("a step", *(one.painting for one in entries)):
                self._step(backend, entries)
        self._running = [one for one in self._running if not one.painting.over]

    def _groups(self) -> Iterator[tuple[Backend, list[Running]]]:
        groups: dict[tuple[int, int, Hashable], list[Running]] = defaultdict(list)
        for one in self._running:
            if one.painting.wanted is not None:
                with self.pulse.doing("an ending", one.painting):
                    self._end_early(one)
                continue
            with self.pulse.doing("a turn", one.painting, loads=True), holding(one.painting):
                one.painting.turn(one.backend, one.session)
                one.settle()
                one.save_if_wanted()
                if one.painting.wanted is not None:
                    self._end_early(one)
                    continue
                alone = id(one) if one.painting.alone else 0
                groups[id(one.backend), alone, one.backend.group(one.session)].append(one)
        for entries in groups.values():
            for start in range(0, len(entries), self._batch):
                yield entries[0].backend, entries[start : start + self._batch]

    def _step(self, backend: Backend, entries: Sequence[Running]) -> None:
        before = time.perf_counter()
        with holding(*(one.painting for one in entries)):
            made = shrinking.step(backend, [one.session for one in entries])
        if made.crowded:
            self._batch = max(1, len(entries) // 2)
        share = (time.perf_counter() - before) / len(entries)
        for one, failed in zip(entries, made.errors, strict=True):
            if failed is not None:
                self._retry(one, failed)
                continue
            try:
                with self.pulse.doing("a look", one.painting):
                    one.settle()
                    one.painting.stepped(one.session, share, one.look)
                    if one.session.step >= one.painting.recipe.last_step:
                        one.end(one.outcome("finished"))
            except Exception as error:
                self._retry(one, error)

    def _retry(self, one: Running, error: Exception) -> None:
        """Begin again, smaller, if memory ran out; else it has failed. A device that is lost breaks us."""
        if poisoned(error):
            raise error
        one.close()
        try:
            with self.pulse.doing("a beginning", one.painting, loads=True), holding(one.painting):
                one.begin_again(shrinking.begin_smaller(one.backend, one.painting, error))
        except Exception as last:
            if poisoned(last):
                raise
            one.end(last)

    def _end_early(self, one: Running) -> None:
        try:
            stopped = one.painting.wanted == "stop" and one.session.step > 0
            one.end(one.outcome("stopped") if stopped else Outcome("cancelled"))
        except Exception as error:
            if poisoned(error):
                raise
            one.end(error)
