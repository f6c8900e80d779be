"""A simulated evening: does "starts in" hold, and is everybody treated fairly?

Members, machines and true costs are drawn from a seed (`dreambench.evening_world`) and the clock is virtual, so
five hours take seconds. The queue is the real one: jobs are admitted, begun and ended by the Lua scripts on a real
Valkey, costs and paces are learnt by `dreamqueue.costs`, and places are told by `dreamqueue.forecast`.
"""

from __future__ import annotations

import heapq
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from redis.asyncio import Redis

from dreambench.evening_queue import Held, VirtualQueue
from dreambench.evening_world import Asks, Machine, Truth, asked, machines
from dreamqueue import costs
from dreamqueue.forecast import Comes, Works, forecast
from dreamqueue.pace import Pace

import os
WINDOW = float(os.environ.get("EW", 1800))
REACH = float(os.environ.get("ER", 7200))
TICK = 15.0
"""Seconds between two times that places are told."""
SHORTEST = 20.0
"""Seconds that a job must have waited to count."""


@dataclass
class Night:
    """What is known of a job in the end. All times in seconds of the evening."""

    asks: Asks
    told: dict[float, float] = field(default_factory=dict)
    """When it was told, and that it would begin in so many seconds."""
    begun: float | None = None
    worker: str = ""
    ended: float | None = None

    @property
    def waited(self) -> float | None:
        """Seconds; None if it was cancelled first."""
        return None if self.begun is None else self.begun - self.asks.at

    def error(self, share: float) -> float | None:
        """Of what was told when this share of its waiting was over, relative to the truth."""
        if self.begun is None or self.waited is None or self.waited < SHORTEST or not self.told:
            return None
        then = self.asks.at + share * self.waited
        when = min(self.told, key=lambda at: abs(at - then))
        if when >= self.begun:
            return None
        return abs(self.told[when] - (self.begun - when)) / (self.begun - when)


@dataclass
class Painting:
    """A job that a machine paints."""

    held: Held
    since: float
    left: float
    """Seconds that it would still take on the reference machine, alone."""
    estimated: float
    company: float = 0.0
    """Integral of the number of jobs over its time."""


@dataclass
class Worker:
    """A machine, what it paints, and what it has learnt of itself."""

    machine: Machine
    pace: Pace
    lanes: frozenset[str]
    paints: dict[str, Painting] = field(default_factory=dict)
    at: float = 0.0
    turn: int = 0
    """Counts changes of what it paints: an end that was foreseen before the last one is void."""

    def advance(self, now: float) -> None:
        """Paint until now."""
        passed, self.at = now - self.at, now
        for one in self.paints.values():
            one.left -= passed / self.machine.slowed(len(self.paints))
            one.company += passed * len(self.paints)

    def next_end(self) -> tuple[float, str] | None:
        """When which of its jobs is ready, if nothing changes."""
        if not self.paints:
            return None
        job = min(self.paints, key=lambda name: self.paints[name].left)
        return self.at + max(0.0, self.paints[job].left) * self.machine.slowed(len(self.paints)), job

    def works(self, now: float) -> Works:
        """As its card says it."""
        rest = [
            rest_of(one.estimated * self.pace.full, now - one.since) for one in self.paints.values()
        ]
        return Works(self.lanes, self.machine.slots, self.pace.full, tuple(rest))


def rest_of(expected: float, elapsed: float) -> float:
    return max(expected - elapsed, 0.1 * expected, 1.0)


class Evening:
    """Plays one evening on an empty Valkey."""

    def __init__(
        self, redis: Redis, seed: int, hours: float = 5.0, members: int = 50, workers: Sequence[Machine] = (), load: float = 0.85
    ) -> None:
        random = Random(seed)
        self.truth = Truth(random)
        self.asks = asked(random, members, hours)
        self.truth.fit([one.recipe for one in self.asks], workers or machines(), hours * 3600, load)
        self.queue = VirtualQueue(redis)
        self.workers = [
            Worker(machine, Pace(machine.slots), self.queue.lanes(machine.backends))
            for machine in workers or machines()
        ]
        self.nights: dict[str, Night] = {}
        self.now = 0.0
        self.told = 0
        self._events: list[tuple[float, int, str, object]] = []
        self._count = 0

    async def play(self) -> None:
        """Until the last job has ended."""
        for one in self.asks:
            self._at(one.at, "asks", one)
        self._at(0.0, "tick", None)
        while self._events:
            self.now, _, what, about = heapq.heappop(self._events)
            await getattr(self, f"_{what}")(about)

    async def _asks(self, asks: Asks) -> None:
        job = await self.queue.admit(asks, self.now)
        if job is None:
            return
        self.nights[job] = Night(asks)
        if asks.patience is not None:
            self._at(self.now + asks.patience, "loses_patience", job)
        await self._pick()
        if self.nights[job].begun is None:
            await self._tell()

    async def _loses_patience(self, job: str) -> None:
        if self.nights[job].begun is None:
            await self.queue.cancel(job)
            self.nights[job].ended = self.now

    async def _ends(self, about: tuple[Worker, int, str]) -> None:
        worker, turn, job = about
        if turn != worker.turn:
            return
        worker.advance(self.now)
        one = worker.paints.pop(job)
        self.nights[job].ended = self.now
        await self.queue.finish(one.held)
        wall = self.now - one.since
        recipe = self.nights[job].asks.recipe
        await costs.learn(
            self.queue.redis, recipe, recipe.work, wall, worker.pace, one.company / wall, self.queue.unix(self.now)
        )
        self._foresee(worker)
        await self._pick()

    async def _pick(self) -> None:
        """Whoever has a slot takes the best job of its lanes."""
        for worker in self.workers:
            while len(worker.paints) < worker.machine.slots:
                held = await self.queue.pick(worker.machine.name, worker.lanes, self.now)
                if held is None:
                    break
                night = self.nights[held.job.id]
                night.begun, night.worker = self.now, worker.machine.name
                worker.advance(self.now)
                left = self.truth.drawn(night.asks.recipe)
                worker.paints[held.job.id] = Painting(held, self.now, left, held.cost)
                self._foresee(worker)

    async def _tick(self, _: None) -> None:
        if await self._tell() or self._events:
            self._at(self.now + TICK, "tick", None)

    async def _tell(self) -> int:
        waiting = await self.queue.waiting()
        if waiting:
            self.told += 1
        W = WINDOW
        recent = [h for h in self.queue.history if h[0] > self.now - W]
        M = os.environ.get("EM", "scramble")
        if M == "mirror":
            coming = [Comes(self.now - t + k * W, band, lead, lane, cost) for k in range(int(REACH / W) if W else 0) for t, band, lead, lane, cost in recent]
        elif M == "forward":
            coming = [Comes(t - self.now + W + k * W, band, lead, lane, cost) for k in range(int(REACH / W) if W else 0) for t, band, lead, lane, cost in recent]
        else:
            order = sorted(recent, key=lambda h: (h[0] * 1e3) % 1)
            span = min(W, max(self.now, 600))
            coming = [Comes((i + .5) / len(order) * span + k * span, *h[1:]) for k in range(int(REACH / span) if W else 0) for i, h in enumerate(order)]
        virtual = float(await self.queue.redis.hget("fair", "now") or 0)
        places = forecast(waiting, [worker.works(self.now) for worker in self.workers], coming, virtual)
        for job, place in places.items():
            if place.starts_in is not None:
                self.nights[job].told[self.now] = place.starts_in
        return len(waiting)

    def _foresee(self, worker: Worker) -> None:
        worker.turn += 1
        if (ends := worker.next_end()) is not None:
            self._at(ends[0], "ends", (worker, worker.turn, ends[1]))

    def _at(self, when: float, what: str, about: object) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, what, about))


@dataclass(frozen=True)
class Errors:
    """Of "starts in", relative to the truth."""

    jobs: int
    median: float
    nine_of_ten: float
    within_a_quarter: float

    @classmethod
    def of(cls, errors: Iterable[float | None]) -> Errors:
        known = sorted(error for error in errors if error is not None)
        if not known:
            return cls(0, 0.0, 0.0, 0.0)
        tenth = known[min(len(known) - 1, int(0.9 * len(known)))]
        return cls(len(known), statistics.median(known), tenth, sum(e <= 0.25 for e in known) / len(known))
