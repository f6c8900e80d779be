"""A simulated evening: does "starts in" hold?

Members, machines and true costs are drawn from a seed (`dreambench.evening_world`) and the clock is
virtual, so five hours take seconds. The queue is the real one: jobs are submitted by its client, picked,
begun and ended by its Lua scripts on a real Valkey, costs and paces are learnt by `dreamqueue.costs`, and
places are what `dreamqueue.outlook` reads and tells.
"""

from __future__ import annotations

import heapq
import statistics
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from random import Random

from dreambench.evening_queue import Held, VirtualQueue, card_of
from dreambench.evening_world import Asks, Machine, Truth, asked, machines
from dreamqueue import costs
from dreamqueue.pace import Company, Pace
from dreamqueue.workers import WorkerCard

TICK = 20.0
"""Seconds between two times that places are told."""
SHORTEST = 20.0
"""Seconds that a job must have waited to count."""
LOAD = 0.7
"""What is asked for, as a share of what the machines can paint in these hours: 1.3 when it is busiest."""


@dataclass
class Story:
    """What happened to a job. All times in seconds of the evening."""

    asks: Asks
    told: dict[float, float] = field(default_factory=dict)
    """When it was told, and that it would begin in so many seconds."""
    begun: float | None = None
    worker: str = ""
    took: float | None = None

    @property
    def waited(self) -> float | None:
        """Seconds; None if it was cancelled first."""
        return None if self.begun is None else self.begun - self.asks.at

    def error(self, share: float) -> float | None:
        """Of what was told when this share of its waiting was over, relative to the truth; None if it does
        not count."""
        if self.begun is None or self.begun - self.asks.at < SHORTEST:
            return None
        then = self.asks.at + share * (self.begun - self.asks.at)
        when = min(self.told, key=lambda at: abs(at - then), default=self.begun)
        left = self.begun - when
        return None if left <= 0 else abs(self.told[when] - left) / left


@dataclass(frozen=True)
class Errors:
    """Of "starts in", relative to the truth."""

    jobs: int
    median: float
    nine_of_ten: float
    within_a_quarter: float
    """Share of the jobs."""

    @classmethod
    def of(cls, errors: Iterable[float | None]) -> Errors:
        """Of those that count."""
        known = sorted(error for error in errors if error is not None)
        if not known:
            return cls(0, 0.0, 0.0, 0.0)
        near = sum(error <= 0.25 for error in known)
        return cls(len(known), statistics.median(known), known[int(0.9 * len(known))], near / len(known))


@dataclass
class Painting:
    """A job on a machine."""

    held: Held
    total: float
    """Seconds that it takes on the reference machine, alone."""
    left: float
    leave: Callable[[], tuple[float, float]]


class Worker:
    """A machine, what it paints, and what it has learnt of itself."""

    def __init__(self, machine: Machine, clock: Callable[[], float]) -> None:
        self.machine = machine
        self.pace = Pace(machine.slots)
        self.paints: dict[str, Painting] = {}
        self.turn = 0
        """Counts changes of what it paints: an end that was foreseen before the last one is void."""
        self._clock = clock
        self._at = 0.0
        self._company = Company(clock)

    def advance(self) -> None:
        """Paint until now."""
        passed, self._at = self._clock() - self._at, self._clock()
        for one in self.paints.values():
            one.left -= passed / self.machine.slowed(len(self.paints))

    def takes(self, held: Held, seconds: float) -> None:
        """Begin a job that truly needs so much."""
        self.advance()
        stay = self._company.joins()

        def leave() -> tuple[float, float]:
            stay.leaves()
            return stay.took

        self.paints[held.job] = Painting(held, seconds, seconds, leave)

    @property
    def card(self) -> WorkerCard:
        """What it says of itself."""
        return card_of(self.machine, self.pace.full)

    def ends(self) -> tuple[float, str] | None:
        """When which of its jobs is ready, if nothing changes."""
        if not self.paints:
            return None
        job = min(self.paints, key=lambda name: self.paints[name].left)
        return self._at + max(0.0, self.paints[job].left) * self.machine.slowed(len(self.paints)), job


class Evening:
    """Plays one evening on an empty Valkey."""

    def __init__(
        self,
        queue: VirtualQueue,
        asks: Sequence[Asks],
        truth: Truth,
        hardware: Sequence[Machine],
        tick: float = TICK,
    ) -> None:
        self.queue = queue
        self.truth = truth
        self.stories: dict[str, Story] = {}
        self.refused = 0
        self.workers = [Worker(machine, lambda: queue.now) for machine in hardware]
        self._tick_seconds = tick
        self._events: list[tuple[float, int, Callable[[], Awaitable[None]]]] = []
        self._count = 0
        for one in asks:
            self._at(one.at, lambda one=one: self._asks(one))  # type: ignore[misc]
        self._at(0.0, self._tick)

    async def play(self) -> None:
        """Until the last job has ended."""
        while self._events:
            self.queue.now, _, happens = heapq.heappop(self._events)
            await happens()

    async def _asks(self, asks: Asks) -> None:
        await self.queue.show(self._cards())
        job = await self.queue.submit(asks)
        if job is None:
            self.refused += 1
            return
        self.stories[job] = Story(asks)
        if asks.patience is not None:
            self._at(self.queue.now + asks.patience, lambda: self._loses_patience(job))
        await self._pick()
        if self.stories[job].begun is None:
            await self._tell()

    async def _loses_patience(self, job: str) -> None:
        if self.stories[job].begun is None:
            await self.queue.cancel(job, self.stories[job].asks)

    async def _pick(self) -> None:
        for worker in self.workers:
            card = worker.card
            while len(worker.paints) < worker.machine.slots:
                held = await self.queue.pick(card)
                if held is None:
                    break
                story = self.stories[held.job]
                story.begun, story.worker = self.queue.now, worker.machine.name
                worker.takes(held, self.truth.drawn(story.asks.recipe))
                self._foresee(worker)

    def _foresee(self, worker: Worker) -> None:
        worker.turn += 1
        turn = worker.turn
        if (ends := worker.ends()) is not None:
            self._at(ends[0], lambda: self._ends(worker, turn, ends[1]))

    async def _ends(self, worker: Worker, turn: int, job: str) -> None:
        if turn != worker.turn:
            return
        worker.advance()
        painted, story = worker.paints.pop(job), self.stories[job]
        story.took, crowd = painted.leave()
        await self.queue.finish(painted.held, story.took)
        recipe, redis = story.asks.recipe, self.queue.client.redis
        await costs.learn(redis, recipe, recipe.work, story.took, crowd, worker.pace, self.queue.unix)
        self._foresee(worker)
        await self._pick()

    async def _tick(self) -> None:
        await self._tell()
        if self._events:
            self._at(self.queue.now + self._tick_seconds, self._tick)

    async def _tell(self) -> None:
        done = []
        for worker in self.workers:
            worker.advance()
            done += [(job, 1 - one.left / one.total) for job, one in worker.paints.items()]
        outlook = await self.queue.look(self._cards(), done)
        for job, place in outlook.places.items():
            if place.starts_in is not None:
                self.stories[job].told[self.queue.now] = place.starts_in

    def _cards(self) -> list[WorkerCard]:
        return [worker.card for worker in self.workers]

    def _at(self, when: float, happens: Callable[[], Awaitable[None]]) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, happens))


@dataclass(frozen=True)
class Report:
    """One evening in numbers."""

    seed: int
    hours: float
    members: int
    jobs: int
    cancelled: int
    refused: int
    longest: float
    """Longest wait, seconds."""
    submitted: Errors
    """Of what was told when a job was submitted,"""
    halfway: Errors
    """when half of its waiting was over,"""
    both: Errors
    """and of both."""


async def evening(url: str, seed: int, hours: float = 5.0, members: int = 50, load: float = LOAD) -> Report:
    """Play one on the Valkey at an address, which has to be empty."""
    queue = VirtualQueue.on(url)
    random = Random(seed)
    hardware, truth, asks = machines(), Truth(random), asked(random, members, hours)
    truth.fit([one.recipe for one in asks], hardware, hours * 3600, load)
    played = Evening(queue, asks, truth, hardware)
    try:
        await played.play()
    finally:
        await queue.client.close()
    stories = list(played.stories.values())
    submitted, halfway = ([story.error(share) for story in stories] for share in (0.0, 0.5))
    return Report(
        seed=seed,
        hours=hours,
        members=members,
        jobs=len(stories),
        cancelled=sum(story.begun is None for story in stories),
        refused=played.refused,
        longest=max(story.waited or 0.0 for story in stories),
        submitted=Errors.of(submitted),
        halfway=Errors.of(halfway),
        both=Errors.of([*submitted, *halfway]),
    )
