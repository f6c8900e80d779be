"""The engine: paints up to `max_sessions` jobs at once, step by step, in a thread of its own.

Each turn every session makes one step; sessions of one group share a batched step. Sessions join and leave
between steps, so a newcomer waits for no one's end and a cancelled one is gone within a step. A newcomer for
whose models there is no room beside those in use waits (`dreamrender.waiting`).
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence

from dreamqueue.recipe import Recipe
from dreamrender import residents, shrinking
from dreamrender.backend import Backend, Inputs
from dreamrender.checkpoints import Before, Saves
from dreamrender.holding import holding
from dreamrender.painting import Outcome, Painting
from dreamrender.room import Boundless, Room
from dreamrender.running import Running
from dreamrender.several import backend_for
from dreamrender.waiting import Waiting


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

    def paint(
        self,
        recipe: Recipe,
        inputs: Inputs | None = None,
        state: bytes | None = None,
        before: Before | None = None,
    ) -> Painting:
        """Begin a recipe, or go on from a saved state. Call from a running event loop.

        `before` is what was made of the same painting until then, if it is to be counted.

        Follow it with `Painting.updates`.
        """
        loop = asyncio.get_running_loop()
        before = before or Before()
        saves = Saves(loop, self._checkpoint_seconds, before.seconds)
        painting = Painting(recipe, inputs or Inputs(), loop, self._frame_seconds, state, before, saves)
        self._arrivals.put(painting)
        return painting

    def _run(self) -> None:
        while not self._closing:
            self._receive()
            self._admit()
            self._advance()
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

    def _admit(self) -> None:
        while len(self._running) < self.max_sessions:
            painting = self._waiting.next(alone=not self._running)
            if painting is None:
                return
            try:
                with holding(painting):
                    backend = backend_for(painting.recipe, self._load, self._batch)
                    self._room.make(painting.recipe, painting)
                    session = shrinking.begin(backend, painting)
            except Exception as error:
                residents.release(painting)
                painting.fail(error)
                continue
            painting.begun()
            self._running.append(Running(painting, backend, session))

    def _advance(self) -> None:
        """One step of all. Nothing of a session that has ended is left when the next one begins."""
        for backend, entries in self._groups():
            self._step(backend, entries)
        self._running = [one for one in self._running if not one.painting.over]

    def _groups(self) -> Iterator[tuple[Backend, list[Running]]]:
        groups: dict[tuple[int, Hashable], list[Running]] = defaultdict(list)
        for one in self._running:
            if one.painting.wanted is not None:
                self._end_early(one)
                continue
            with holding(one.painting):
                one.painting.turn(one.backend, one.session)
                one.save_if_wanted()
            if one.painting.wanted is not None:
                self._end_early(one)
                continue
            groups[id(one.backend), one.backend.group(one.session)].append(one)
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
                one.painting.stepped(one.session, share, one.look)
                if one.session.step >= one.painting.recipe.steps:
                    one.end(one.outcome("finished"))
            except Exception as error:
                self._retry(one, error)

    def _retry(self, one: Running, error: Exception) -> None:
        """Begin again, smaller, if memory ran out; else it has failed."""
        one.close()
        try:
            with holding(one.painting):
                one.begin_again(shrinking.begin_smaller(one.backend, one.painting, error))
        except Exception as last:
            one.end(last)

    def _end_early(self, one: Running) -> None:
        try:
            stopped = one.painting.wanted == "stop" and one.session.step > 0
            one.end(one.outcome("stopped") if stopped else Outcome("cancelled"))
        except Exception as error:
            one.end(error)
