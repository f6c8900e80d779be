"""Who begins when: the queue played through, each job taken by the first slot that can do it.

List scheduling (Graham 1966) in the order of fair scores. A slot that becomes free takes the job of lowest
score among the lanes that its worker serves, so a fast worker takes more jobs and a lane that nobody serves
stays. The first `MOST_PLAYED` jobs are played through, O(log slots + lanes) each; those behind them are
told by rate.
"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

BAND = 1e11
"""Scores of two bands are so far apart."""
MOST_PLAYED = 2000
"""Jobs that are played through one by one."""


@dataclass(frozen=True)
class Place:
    """Where a job stands."""

    ahead: int
    """Jobs that are begun before it by those who can paint it."""
    starts_in: float | None
    """Seconds until it is begun, as far as can be told; None when no worker that could paint it is awake."""
    why: str = ""
    """Why it is None, in words that go on after "it waits:"."""
    halt: str = ""
    """Set where moderators keep it back: "held" (this one), "paused" (all, its lane, who could paint it)."""
    until: float | None = None
    """When that ends by itself, Unix seconds."""
    reason: str = ""
    """What they say to it, where members shall read that."""


@dataclass(frozen=True)
class Waits:
    """A job that nobody has begun."""

    id: str
    score: float
    """The lower, the sooner."""
    lane: str
    cost: float
    """Estimated seconds."""


@dataclass(frozen=True)
class Works:
    """A worker that is awake and takes jobs."""

    lanes: frozenset[str]
    """Those that it can serve."""
    slots: int
    """Jobs that it paints at once."""
    pace: float = 1.0
    """Its wall seconds for each estimated second, all its slots taken."""
    rest: tuple[float, ...] = ()
    """Wall seconds that each job it paints now still takes."""


@dataclass
class Virtual:
    """The fair queue's virtual times: `now` of all, `shift:<lane>` of those that lagged."""

    times: dict[str, float] = field(default_factory=dict)

    @property
    def start(self) -> float:
        """Where a newcomer begins."""
        return self.times.get("now", 0.0)

    def shift(self, lane: str) -> float:
        """How much later a lane's jobs count than their scores say, because it lagged behind."""
        return self.times.get(f"shift:{lane}", 0.0)

    def begun(self, score: float) -> None:
        """A job of this score was begun."""
        self.times["now"] = max(self.start, score % BAND)


@dataclass(frozen=True)
class Comes:
    """A job that is expected, because such a one came lately."""

    after: float
    """Seconds from now."""
    band: float
    """The score of its band at virtual time 0."""
    lead: float
    """Its fair score above the virtual time at which it comes."""
    lane: str
    cost: float


def forecast(
    waiting: Sequence[Waits],
    workers: Sequence[Works],
    coming: Sequence[Comes] = (),
    virtual: Virtual | None = None,
) -> dict[str, Place]:
    """The place of each waiting job.

    `coming`: who is expected meanwhile and may go before, by `virtual`, the fair queue's times now.
    """
    ordered = sorted(waiting, key=lambda job: (job.score, job.id))
    play = _Play(workers, coming, virtual or Virtual())
    play.through(ordered[:MOST_PLAYED])
    play.by_rate(ordered[MOST_PLAYED:])
    return play.places


class _Play:
    """Slots become free, jobs are begun."""

    def __init__(self, workers: Sequence[Works], coming: Sequence[Comes], virtual: Virtual) -> None:
        self.places: dict[str, Place] = {}
        self._workers = workers
        self._coming = deque(sorted(coming, key=lambda one: one.after))
        self._virtual = virtual
        self._lanes: dict[str, list[tuple[float, int, Waits]]] = defaultdict(list)
        self._entered = 0
        self._free = [
            (at, number)
            for number, worker in enumerate(workers)
            for at in _free_at(worker.slots, worker.rest)
        ]
        heapq.heapify(self._free)
        self._idle: list[tuple[float, int]] = []
        """Slots for which nothing was left."""
        self._served = frozenset[str]().union(*(worker.lanes for worker in workers))
        self._begun: dict[str, int] = defaultdict(int)
        """By lane: jobs begun by workers that serve it; in a lane that nobody serves, jobs that wait."""

    def through(self, ordered: Iterable[Waits]) -> None:
        """Begin each job in the first slot that takes it."""
        left = 0
        for job in ordered:
            if job.lane in self._served:
                self._enters(job)
                left += 1
            else:
                self._stays(job)
        while left and self._free:
            at, number = self._free[0]
            worker = self._workers[number]
            self._arrive(at)
            lane = min(worker.lanes & self._lanes.keys(), key=lambda name: self._lanes[name][0], default=None)
            if lane is None and self._coming:
                heapq.heapreplace(self._free, (self._coming[0].after, number))
                continue
            if lane is None:
                self._idle.append(heapq.heappop(self._free))
                continue
            score, _, job = heapq.heappop(self._lanes[lane])
            if not self._lanes[lane]:
                del self._lanes[lane]
            self._virtual.begun(score)
            heapq.heapreplace(self._free, (at + job.cost * worker.pace, number))
            if job.id == "":
                continue
            left -= 1
            self.places[job.id] = Place(self._begun[job.lane], at)
            for served in worker.lanes:
                self._begun[served] += 1

    def _arrive(self, now: float) -> None:
        while self._coming and self._coming[0].after <= now:
            one = self._coming.popleft()
            if one.lane in self._served:
                score = one.band + self._virtual.start + one.lead
                self._enters(Waits("", score, one.lane, one.cost))

    def _enters(self, job: Waits) -> None:
        self._entered += 1
        heapq.heappush(self._lanes[job.lane], (job.score, self._entered, job))

    def by_rate(self, ordered: Sequence[Waits]) -> None:
        """Those behind: what comes before them over what their lanes' workers paint in a second."""
        groups = _connected([worker.lanes for worker in self._workers])
        slots: dict[str, list[float]] = defaultdict(list)
        rates: dict[str, float] = defaultdict(float)
        for at, number in [*self._free, *self._idle]:
            for shared in {groups[lane] for lane in self._workers[number].lanes}:
                slots[shared].append(at)
                rates[shared] += 1 / self._workers[number].pace
        before: dict[str, float] = defaultdict(float)
        begun: dict[str, int] = defaultdict(int)
        for job in ordered:
            group = groups.get(job.lane)
            if group is None:
                self._stays(job)
                continue
            free = sum(slots[group]) / len(slots[group])
            starts_in = free + before[group] / rates[group]
            self.places[job.id] = Place(self._begun[job.lane] + begun[group], starts_in)
            before[group] += job.cost
            begun[group] += 1

    def _stays(self, job: Waits) -> None:
        self.places[job.id] = Place(self._begun[job.lane], None)
        self._begun[job.lane] += 1


def _free_at(slots: int, rest: Sequence[float]) -> list[float]:
    """When each slot is free; a worker that holds more jobs than slots is free when so many have ended."""
    return sorted([*rest, *[0.0] * (slots - len(rest))])[max(0, len(rest) - slots) :]


def _rank(job: Waits) -> tuple[float, str]:
    return job.score, job.id


def _connected(served: Iterable[frozenset[str]]) -> Mapping[str, str]:
    """Lanes that share a worker, or share a lane's worker, bear one name."""
    groups: dict[str, str] = {}
    for lanes in served:
        if not lanes:
            continue
        merged = {groups.get(lane, lane) for lane in lanes}
        name = min(merged)
        groups = {lane: name if group in merged else group for lane, group in groups.items()}
        groups |= dict.fromkeys(lanes, name)
    return groups
