"""What a trick is good for, in numbers: the lift in similarity between pictures without it and with it.

A lift is the cosine similarity of the picture with the trick, less that of the picture without it, of the
same subject and seed, both as seen by a critic that did not steer. There are two: to the subject (does it
still show what was asked for?) and to the trick's own words (does it show what the trick promises?).

The interval is a percentile bootstrap (Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter
13). Pictures of one subject are alike, so it draws in two stages, subjects and then pairs of each (the
bootstrap of nested data; Davison and Hinkley 1997, section 3.8): an interval of pairs alone would be too
narrow. With few subjects it is rough all the same.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import chain
from math import floor
from statistics import fmean
from typing import Self

from dreamqueue.recipe import Recipe
from dreamqueue.trial import Trial
from dreamqueue.wire import Wire

DRAWS = 1999
"""Bootstrap samples; with one more, 2.5 % of them is a whole number."""
LEVEL = 0.95
ENOUGH = 6
"""Pairs. Of fewer that nothing moves all rise or fall together too often: of two, every other time."""


class Lift(Wire):
    """How far similarity rose, in cosines."""

    mean: float
    low: float
    """Ends of the bootstrap interval of the mean."""
    high: float
    wins: int
    """Pairs in which it rose."""
    pairs: int

    @property
    def certain(self) -> bool:
        """Whether there are enough pairs, and the interval leaves no doubt about the direction."""
        return self.pairs >= ENOUGH and (self.low > 0 or self.high < 0)


class Measured(Wire):
    """What a test found out, and how."""

    trick: str
    version: int
    """Of the trick's text."""
    job: str = ""
    """Whose pictures these are; one job counts once."""
    at: float = 0.0
    """When, Unix seconds."""
    judge: str
    """The critic that saw it."""
    critic: str
    """Those that steered."""
    backend: str
    preset: str = ""
    steps: int
    width: int
    height: int
    subjects: int
    seeds: int
    subject: Lift
    """Towards what was asked for."""
    style: Lift
    """Towards the trick's own words."""

    @classmethod
    def of(
        cls, trial: Trial, recipe: Recipe, subject: Lift, style: Lift, *, job: str = "", at: float = 0.0
    ) -> Self:
        """What came of a trial whose pictures were painted by a recipe."""
        return cls(
            trick=trial.trick,
            version=trial.version,
            job=job,
            at=at,
            judge=trial.judge,
            critic=recipe.critic,
            backend=recipe.backend,
            preset=recipe.preset,
            steps=recipe.steps,
            width=recipe.width,
            height=recipe.height,
            subjects=len(trial.subjects),
            seeds=trial.seeds,
            subject=subject,
            style=style,
        )


def lift(pairs: Sequence[Sequence[float]], draws: int = DRAWS, level: float = LEVEL, seed: int = 0) -> Lift:
    """The mean of all pairs' lifts, given subject by subject, with its interval.

    A tie is no win. The same numbers and `seed` give the same interval. Raises ValueError without a pair.
    """
    if not pairs or not all(pairs):
        raise ValueError("a lift needs a pair of each subject")
    every = [*chain.from_iterable(pairs)]
    low, high = interval(bootstrap(pairs, draws, seed), level)
    return Lift(mean=fmean(every), low=low, high=high, wins=sum(one > 0 for one in every), pairs=len(every))


def bootstrap(groups: Sequence[Sequence[float]], draws: int = DRAWS, seed: int = 0) -> list[float]:
    """Means of samples with replacement, in order: of groups first, then within each (one group: plainly)."""
    chance = random.Random(seed)
    return sorted(
        fmean(
            chain.from_iterable(
                chance.choices(group, k=len(group)) for group in chance.choices(groups, k=len(groups))
            )
        )
        for _ in range(draws)
    )


def interval(ordered: Sequence[float], level: float = LEVEL) -> tuple[float, float]:
    """The percentile interval: of B samples the k-th from below and from above, k = ⌊(B + 1)(1 - level)/2⌋
    (Efron and Tibshirani 1993, section 12.5, for B times that share not whole).
    """
    k = max(1, floor((len(ordered) + 1) * (1 - level) / 2 + 1e-9))
    return ordered[k - 1], ordered[-k]


def lifts(trial: Trial, cosines: Sequence[Sequence[float]]) -> tuple[Lift, Lift]:
    """Towards the subjects and towards the trick's words.

    `cosines` has a row for each picture, in the order of `dreamqueue.tricks.pairs`, and a column for each
    subject and one for the words, as `texts` names them. Raises ValueError for another shape.
    """
    columns = len(trial.subjects) + 1
    if len(cosines) != 2 * trial.seeds * len(trial.subjects) or any(len(row) != columns for row in cosines):
        raise ValueError("these are not the similarities of this trial's pictures")

    def of(number: int, column: int) -> list[float]:
        rows = cosines[2 * number * trial.seeds : 2 * (number + 1) * trial.seeds]
        return [after[column] - before[column] for before, after in zip(rows[::2], rows[1::2], strict=True)]

    numbers = range(len(trial.subjects))
    return lift([of(one, one) for one in numbers]), lift([of(one, columns - 1) for one in numbers])


def texts(trial: Trial) -> tuple[str, ...]:
    """What a critic is asked about every picture of a test."""
    return (*trial.subjects, trial.words)
