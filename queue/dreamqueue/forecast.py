"""Who begins when: the queue played through, each job taken by the first slot that can do it.

List scheduling (Graham 1966) in the order of fair scores. A slot that becomes free takes the job of lowest score
among the lanes that its worker serves, so a fast worker takes more jobs and a lane that nobody serves stays. The
first `MOST_PLAYED` jobs are played through, O(log slots + lanes) each; those behind them are told by rate.
"""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

MOST_PLAYED = 2000
"""Jobs that are played through one by one."""


@dataclass(frozen=True)
class Place:
    """Where a job stands."""

    ahead: int
    """Jobs that are begun before it by those who can paint it."""
    starts_in: float | None
    """Seconds until it is begun, as far as can be told; None when no worker that could paint it is awake."""


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


def forecast(waiting: Sequence[Waits], workers: Sequence[Works]) -> dict[str, Place]:
    """The place of each waiting job."""
    ordered = sorted(waiting, key=lambda job: (job.score, job.id))
    play = _Play(workers)
    play.through(ordered[:MOST_PLAYED])
    play.by_rate(ordered[MOST_PLAYED:])
    return play.places


class _Play:
    """Slots become free, jobs are begun."""

    def __init__(self, workers: Sequence[Works]) -> None:
        self.places: dict[str, Place] = {}
        self._workers = workers
        self._free = [
            (at, number) for number, worker in enumerate(workers) for at in _free_at(worker.slots, worker.rest)
        ]
        heapq.heapify(self._free)
        self._idle: list[tuple[float, int]] = []
        """Slots for which nothing was left."""
        self._served = frozenset[str]().union(*(worker.lanes for worker in workers))
        self._begun: dict[str, int] = defaultdict(int)
        """By lane: jobs begun by workers that serve it; in a lane that nobody serves, jobs that wait."""

    def through(self, ordered: Iterable[Waits]) -> None:
        """Begin each job in the first slot that takes it."""
        lanes: dict[str, deque[Waits]] = defaultdict(deque)
        for job in ordered:
            if job.lane in self._served:
                lanes[job.lane].append(job)
            else:
                self._stays(job)
        while self._free and lanes:
            at, number = self._free[0]
            worker = self._workers[number]
            lane = min(worker.lanes & lanes.keys(), key=lambda name: _rank(lanes[name][0]), default=None)
            if lane is None:
                self._idle.append(heapq.heappop(self._free))
                continue
            job = lanes[lane].popleft()
            if not lanes[lane]:
                del lanes[lane]
            heapq.heapreplace(self._free, (at + job.cost * worker.pace, number))
            self.places[job.id] = Place(self._begun[job.lane], at)
            for served in worker.lanes:
                self._begun[served] += 1

    def by_rate(self, ordered: Sequence[Waits]) -> None:
        """Those behind: what comes before them over what their lanes' workers paint in a second."""
        groups = _connected([worker.lanes for worker in self._workers])
        slots: dict[str, list[float]] = defaultdict(list)
        rates: dict[str, float] = defaultdict(float)
        for at, number in [*self._free, *self._idle]:
            for group in {groups[lane] for lane in self._workers[number].lanes}:
                slots[group].append(at)
                rates[group] += 1 / self._workers[number].pace
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
