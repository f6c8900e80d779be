"""A worker's pace: its wall seconds for each estimated second, learnt from its own jobs.

Jobs that are painted at once slow each other down, so there is one pace for each number of them. How far
the pace may be wrong is kept beside it (a Kalman filter of one number): a new worker believes its first
jobs, an old one is not moved by a single job, and a job of a kind that is hardly known says little about
the worker.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

UNKNOWN = 0.5
"""Variance of what nobody knows yet, as a share squared."""
NOISE = 0.1
"""Variance of a single job."""
DRIFT = 0.002
"""Variance that each job adds: a machine may become slower."""
FAR = 4.0
"""No single job counts as further off than this factor, either way, and as less where the pace is known."""
SLOWEST = 50.0
FASTEST = 0.02


@dataclass
class _Level:
    value: float
    doubt: float = UNKNOWN


@dataclass
class Pace:
    """Of one worker with so many slots."""

    slots: int = 1
    _levels: dict[int, _Level] = field(default_factory=dict)

    @property
    def full(self) -> float:
        """With all slots taken, as its card says it: who waits, waits for a worker that is full."""
        return self.of(self.slots)

    def of(self, crowd: float) -> float:
        """With so many jobs at once."""
        return self._level(crowd).value

    def doubt(self, crowd: float) -> float:
        """Its variance, as a share squared."""
        return self._level(crowd).doubt

    def learn(self, ratio: float, doubt: float, crowd: float = 1.0) -> None:
        """A job took `ratio` wall seconds for each estimated one, whose variance is `doubt`."""
        level = self._level(crowd)
        far = min(FAR, 1 + 6 * level.doubt**0.5)
        off = min(max(ratio / level.value, 1 / far), far)
        gain = level.doubt / (level.doubt + doubt + NOISE)
        value = min(max(level.value * (1 + gain * (off - 1)), FASTEST), SLOWEST)
        self._levels[self._number(crowd)] = _Level(value, (1 - gain) * level.doubt + DRIFT)

    def _number(self, crowd: float) -> int:
        return min(max(round(crowd), 1), self.slots)

    def _level(self, crowd: float) -> _Level:
        """As it is known, or as the nearest number of jobs has it."""
        number = self._number(crowd)
        if number in self._levels or not self._levels:
            return self._levels.get(number, _Level(1.0))
        nearest = min(self._levels, key=lambda other: abs(other - number))
        return _Level(self._levels[nearest].value, UNKNOWN)


class Company:
    """Who is painted at the same time on one worker."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._at = clock()
        self._jobs = 0
        self._passed = 0.0
        """Seconds, times the jobs that there were."""

    def joins(self) -> Stay:
        """One more; it has to leave."""
        since = self.changes(1)
        return Stay(self, since, self._passed)

    def changes(self, by: int) -> float:
        """So many more. Gives the time."""
        now = self._clock()
        self._passed += (now - self._at) * self._jobs
        self._at, self._jobs = now, self._jobs + by
        return now

    @property
    def passed(self) -> float:
        """Seconds of all jobs together, up to the last change."""
        return self._passed


class Stay:
    """A job among others."""

    def __init__(self, company: Company, since: float, passed: float) -> None:
        self._company = company
        self._since = since
        self._before = passed
        self.took = (0.0, 1.0)
        """Once it has left: its wall seconds, and how many jobs there were in the mean, itself among them."""

    def leaves(self) -> None:
        """It is painted, or given up."""
        seconds = max(1e-6, self._company.changes(-1) - self._since)
        self.took = (seconds, max(1.0, (self._company.passed - self._before) / seconds))
