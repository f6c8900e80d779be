"""Pure functions of progress t, 0 at the first step and 1 at the last."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeAlias

Schedule: TypeAlias = Callable[[float], float]


def progress(step: int, steps: int) -> float:
    """t of the step with index `step` among `steps`, in [0, 1]."""
    return min(1.0, step / max(1, steps - 1))


def always(t: float) -> float:
    """1."""
    return 1.0


def never(t: float) -> float:
    """0."""
    return 0.0


def warm_cosine(warm: float = 0.05, floor: float = 0.1) -> Schedule:
    """From 0.2 to 1 linearly while t < `warm`, then down half a cosine to `floor`."""

    def value(t: float) -> float:
        if t < warm:
            return 0.2 + 0.8 * t / warm
        return floor + (1 - floor) * 0.5 * (1 + math.cos(math.pi * (t - warm) / (1 - warm)))

    return value


def falling(value: float) -> Schedule:
    """`value · (1 - t)`."""
    return lambda t: value * (1 - t)


def rung(share: float) -> float:
    """The nearest power of √½, at most 1: sizes whose areas halve, so that a course of them has few."""
    return min(1.0, math.pow(2, round(2 * math.log2(share)) / 2))


def stairs(*treads: tuple[float, float]) -> Schedule:
    """The value of the last tread (start, value) whose start is at most t."""

    def value(t: float) -> float:
        return next(value for start, value in reversed(treads) if t >= start or start == treads[0][0])

    return value


def stage(index: int, count: int) -> Schedule:
    """The share of stage `index` among `count` equal ones that overlap softly; at any t the shares sum to 1.

    Half a cosine's rise and fall around the stage's middle; the first begins and the last ends at 1.
    """

    def value(t: float) -> float:
        away = t * count - (index + 0.5)
        if (index == 0 and away < 0) or (index == count - 1 and away > 0):
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * min(1.0, abs(away))))

    return value
