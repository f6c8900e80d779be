"""A worker's pace: its wall seconds for each estimated second, learnt from its own jobs.

Jobs that are painted at once slow each other down, so there is one pace for each number of them. How far the pace
may be wrong is kept beside it (a Kalman filter of one number): a new worker believes its first jobs, an old one is
not moved by a single job, and a job of a kind that is hardly known says little about the worker.
"""

from __future__ import annotations

from dataclasses import dataclass, field

UNKNOWN = 0.5
"""Variance of what nobody knows yet, as a share squared."""
NOISE = 0.1
"""Variance of a single job."""
DRIFT = 0.002
"""Variance that each job adds: a machine may become slower."""
FAR = 4.0
"""No single job counts as further off than this factor, either way."""
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
        """A job took `ratio` wall seconds for each estimated one; `doubt` is the variance of that estimate."""
        level = self._level(crowd)
        off = min(max(ratio / level.value, 1 / FAR), FAR)
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
