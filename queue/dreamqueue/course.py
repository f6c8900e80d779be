"""A course: a number that may change on the way, as knots in progress t."""

from __future__ import annotations

import re
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


NUMBER = r"[-+−–]?(?:[0-9]*\.)?[0-9]+(?:[eE][-+]?[0-9]{1,3})?"
_FROM_TO = re.compile(rf"({NUMBER})(?:\.\.|…)({NUMBER})", re.ASCII)  # phones make … of three points
_KNOT = re.compile(rf"({NUMBER})@({NUMBER})(%?)", re.ASCII)


def between(least: float, most: float) -> AfterValidator:
    """For a field: every value of its course lies in these bounds."""

    def check(course: Course) -> Course:
        if not all(least <= value <= most for value in values_of(course)):
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


def told_course(course: Course) -> str:
    """For people, in short: `1`, `2..0`, `1@9%,0@19%`. It may be rounded."""
    if not isinstance(course, tuple):
        return f"{course:.3g}"
    if len(course) == 2 and (course[0][0], course[1][0]) == (0, 1):
        return f"{course[0][1]:.3g}..{course[1][1]:.3g}"
    return ",".join(f"{value:.3g}@{t:.0%}" for t, value in course)


def read_course(typed: str) -> Course | None:
    """What `write_course` writes: `0.5`, `2..0`, `2@0%,0.5@40%,0@1`; None for anything else."""
    if re.fullmatch(NUMBER, typed, re.ASCII):
        return _number(typed)
    if ends := _FROM_TO.fullmatch(typed):
        return (0.0, _number(ends[1])), (1.0, _number(ends[2]))
    knots = [_KNOT.fullmatch(part) for part in typed.rstrip(",").split(",")]
    read = tuple(
        (_number(knot[2]) / (100 if knot[3] else 1), _number(knot[1])) for knot in knots if knot is not None
    )
    places = [t for t, _ in read]
    fine = all(0 <= t <= 1 for t in places) and all(before < after for before, after in pairwise(places))
    if len(read) != len(knots) or not 2 <= len(read) <= MOST_KNOTS or not fine:
        return None
    return read


def values_of(course: Course) -> tuple[float, ...]:
    """All values that a course is drawn through."""
    return tuple(value for _, value in course) if isinstance(course, tuple) else (course,)


def scaled(course: Course, factor: float) -> Course:
    """The course with every value times a factor."""
    if not isinstance(course, tuple):
        return course * factor
    return tuple((t, value * factor) for t, value in course)


def shortest(number: float) -> str:
    """The fewest digits that are read as this very number."""
    short = f"{number:g}"
    return short if float(short) == number else repr(number)


def _number(typed: str) -> float:
    return float(typed.replace("−", "-").replace("–", "-"))
