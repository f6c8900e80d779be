"""Numbers that may change on the way, after a flag: `0.5`, `2..0`, `2@0%,0.5@40%,0@100%`."""

from __future__ import annotations

import re
from itertools import pairwise

from dreamqueue.course import MOST_KNOTS, Course
from dreamqueue.errors import BadValue
from dreamqueue.prompt.reading import Use

_NUMBER = r"[-+−–]?(?:[0-9]*\.)?[0-9]+(?:[eE][-+]?[0-9]{1,3})?"
_FROM_TO = re.compile(rf"({_NUMBER})(?:\.\.|…)({_NUMBER})", re.ASCII)  # phones make … of three points
_KNOT = re.compile(rf"({_NUMBER})@({_NUMBER})(%?)", re.ASCII)


EXAMPLES = "2..0", "2@0%,0.5@40%"


def course(
    use: Use, least: float, most: float, *, examples: tuple[str, str] = EXAMPLES, whole: bool = False
) -> Course:
    """A number between two others, or how it changes from the first step (0 %) to the last (100 %)."""
    found = _read("".join((use.value or "").split()))
    if found is not None:
        values = [value for _, value in found] if isinstance(found, tuple) else [found]
        if all(least <= value <= most and not (whole and value % 1) for value in values):
            return found
    kind = "whole number" if whole else "number"
    raise BadValue(
        use.said,
        f"I need a {kind} from {least:g} to {most:g} here, or how it changes on the way, such as "
        f"`--{use.name} {examples[0]}` or `--{use.name} {examples[1]}`.",
    )


def _read(typed: str) -> Course | None:
    if re.fullmatch(_NUMBER, typed, re.ASCII):
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


def _number(typed: str) -> float:
    return float(typed.replace("−", "-").replace("–", "-"))
