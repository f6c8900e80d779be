"""The weight and stop at the end of a phrase: `text:0.5`, `text::0.5`, `text:1:0.8`, `text:0..1`.

They are numbers at the very end, touching their colons. Before a weight's single colon no digit may stand,
and a stop after a single colon has a decimal point: "at 10:30", "16:9", "Blade Runner: 2049" and "John:3:16"
are words; "Blade Runner 2049::2" has a weight and "text::1::1" a stop.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from dreamqueue.course import (
    MOST_KNOTS,
    NUMBER,
    Course,
    read_course,
    scaled,
    shortest,
    values_of,
    write_course,
)
from dreamqueue.errors import BadValue
from dreamqueue.recipe import MAX_STOP
from dreamqueue.text import quote

MAX_WEIGHT = 100.0

_SIGN = r"[-+−–]?"
_POWER = rf"(?:[eE]{_SIGN}[0-9]+)?"
_POINTED = rf"{_SIGN}(?:[0-9]+[.,][0-9]*|[.,][0-9]+){_POWER}"
_NUMBER = rf"{_SIGN}(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+){_POWER}|{_SIGN}(?:nan|inf)"
_CHANGING = rf"{NUMBER}(?:\.\.|…){NUMBER}|{NUMBER}@{NUMBER}%?(?:,{NUMBER}@{NUMBER}%?)+"
_WEIGHT = re.compile(
    rf"(?P<colons>::?)(?P<number>{_CHANGING}|{_NUMBER})(?::(?P<stop>{_POINTED})|::(?P<any_stop>{_NUMBER}))?$",
    re.IGNORECASE | re.ASCII,
)


class Weighted(NamedTuple):
    """A phrase taken apart; None where nothing was written."""

    words: str
    weight: Course | None = None
    stop: float | None = None


def split_weight(phrase: str) -> Weighted:
    """The words of a phrase, its weight and its stop."""
    match = _WEIGHT.search(phrase)
    while match is not None:
        words = phrase[: match.start()].rstrip()
        if match["colons"] == ":" and words[-1:].isdigit():
            match = _WEIGHT.search(phrase, match.start() + 1)
            continue
        quoted = f"{quote(words, 30)}{quote(match[0], 30)}"
        if not words:
            raise BadValue(quoted, "there are no words before this weight.")
        weight = _weight(match["number"], match["colons"], quoted)
        stop = match["stop"] or match["any_stop"]
        return Weighted(words, weight, None if stop is None else _stop(stop, weight, quoted))
    return Weighted(phrase)


def write_weight(words: str, weight: Course, stop: float | None = None) -> str:
    """The suffix that `split_weight` reads back from after these words, empty for a weight of one."""
    if weight == 1 and stop is None:
        return ""
    suffix = f"{'::' if words[-1:].isdigit() else ':'}{write_course(weight)}"
    if stop is None:
        return suffix
    short = shortest(stop)
    return f"{suffix}{':' if '.' in short else '::'}{short}"


def away(weight: Course | None, usual: float) -> Course | None:
    """The weight with its sign turned, for words that `--no` steers away from; None if it pushes already."""
    if weight is None:
        return usual
    return None if min(values_of(weight)) < 0 else scaled(weight, -1)


def _weight(number: str, colons: str, quoted: str) -> Course:
    weight = _changing(number, quoted) or _read(number, quoted, "weight", colons)
    values = values_of(weight)
    if not any(values):
        raise BadValue(
            quoted, "a weight of 0 steers nowhere. Leave the words out, or give them another weight."
        )
    if not all(-MAX_WEIGHT <= value <= MAX_WEIGHT for value in values):
        raise BadValue(
            quoted,
            f"a weight lies between -{MAX_WEIGHT:g} and {MAX_WEIGHT:g}; most are between -1 and 2. "
            'If it is no weight, put the words in "double quotes".',
        )
    return weight


def _changing(number: str, quoted: str) -> Course | None:
    if re.fullmatch(_CHANGING, number, re.ASCII) is None:
        return None
    course = read_course(number)
    if course is None:
        raise BadValue(
            quoted,
            f"a weight that changes goes through 2 to {MOST_KNOTS} points in their order, from 0% to 100%, "
            "such as `fog:2@0%,0.5@40%`.",
        )
    return course


def _stop(number: str, weight: Course, quoted: str) -> float:
    stop = _read(number, quoted, "stop", ":")
    if min(values_of(weight)) < 0:
        stop = abs(stop)  # notebooks of 2021 write the stop of a negative weight with its sign
    if not 0 <= stop <= MAX_STOP:
        raise BadValue(
            quoted,
            f"a stop is a distance between 0 and {MAX_STOP:g}; most are between 0.6 and 1. "
            'If it is none, put the words in "double quotes".',
        )
    return stop + 0.0


def _read(number: str, quoted: str, what: str, colons: str) -> float:
    if "," in number:
        right = quote(colons + number.replace(",", "."))
        raise BadValue(quoted, f"a {what} is written with a point: `{right}`.")
    return float(number.replace("−", "-").replace("–", "-"))
