"""A course: a number that may change on the way, as knots in progress t."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, TypeAlias

from pydantic import AfterValidator, Field

MOST_KNOTS = 8

_Progress = Annotated[float, Field(ge=0, le=1)]
_Value = Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)]


def _in_order(knots: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    if any(after <= before for (before, _), (after, _) in pairwise(knots)):
        raise ValueError("the knots of a course stand in the order of progress")
    return knots


_Knots = Annotated[
    tuple[tuple[_Progress, _Value], ...],
    Field(min_length=2, max_length=MOST_KNOTS),
    AfterValidator(_in_order),
]

Course: TypeAlias = _Value | _Knots
"""A number, or knots (t, value) with straight lines between them; level before the first, after the last."""


def between(least: float, most: float) -> AfterValidator:
    """For a field: every value of its course lies in these bounds."""

    def check(course: Course) -> Course:
        knots = course if isinstance(course, tuple) else ((0.0, course),)
        if not all(least <= value <= most for _, value in knots):
            raise ValueError(f"a number from {least:g} to {most:g}")
        return course

    return AfterValidator(check)


def value_at(course: Course, t: float) -> float:
    """The value at progress t in [0, 1]."""
    if not isinstance(course, tuple):
        return course
    if t <= course[0][0]:
        return course[0][1]
    for (start, before), (end, after) in pairwise(course):
        if t <= end:
            return before + (after - before) * (t - start) / (end - start)
    return course[-1][1]


def write_course(course: Course) -> str:
    """As it is typed after a flag: `1`, `2..0`, `2@0,0.5@0.4,0@1`."""
    if not isinstance(course, tuple):
        return shortest(course)
    if len(course) == 2 and (course[0][0], course[1][0]) == (0, 1):
        return f"{shortest(course[0][1])}..{shortest(course[1][1])}"
    return ",".join(f"{shortest(value)}@{shortest(t)}" for t, value in course)


def shortest(number: float) -> str:
    """The fewest digits that are read as this very number."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)
