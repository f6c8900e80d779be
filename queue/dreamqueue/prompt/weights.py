"""The weight at the end of a phrase: `text:0.5`, `text::0.5`.

A weight is a number at the very end, touching its colons. Before a single colon no digit may stand:
"at 10:30", "16:9" and "Blade Runner: 2049" are words; "Blade Runner 2049::2" has a weight.
"""

from __future__ import annotations

import re

from dreamqueue.errors import BadValue
from dreamqueue.text import quote

MAX_WEIGHT = 100.0

_SIGN = r"[-+−–]?"
_NUMBER = rf"{_SIGN}(?:[0-9]+(?:[.,][0-9]*)?|[.,][0-9]+)(?:[eE]{_SIGN}[0-9]+)?|{_SIGN}(?:nan|inf)"
_WEIGHT = re.compile(rf"(?P<colons>::?)(?P<number>{_NUMBER})$", re.IGNORECASE | re.ASCII)


def split_weight(phrase: str) -> tuple[str, float | None]:
    """The words of a phrase and its weight, None where none was written."""
    match = _WEIGHT.search(phrase)
    if match is None:
        return phrase, None
    words = phrase[: match.start()].rstrip()
    if match["colons"] == ":" and words[-1:].isdigit():
        return phrase, None
    return words, _weight(match["number"], match[0], words)


def write_weight(words: str, weight: float) -> str:
    """The suffix that `split_weight` reads back from after these words, empty for a weight of one."""
    if weight == 1:
        return ""
    short = f"{weight:g}"
    return f"{'::' if words[-1:].isdigit() else ':'}{short if float(short) == weight else repr(weight)}"


def _weight(number: str, suffix: str, words: str) -> float:
    quoted = f"{quote(words, 30)}{quote(suffix, 30)}"
    if not words:
        raise BadValue(quoted, "there are no words before this weight.")
    if "," in number:
        colons = suffix[: -len(number)]
        raise BadValue(
            quoted, f"a weight is written with a point: `{quote(colons + number.replace(',', '.'))}`."
        )
    weight = float(number.replace("−", "-").replace("–", "-"))
    if weight == 0:
        raise BadValue(
            quoted, "a weight of 0 steers nowhere. Leave the words out, or give them another weight."
        )
    if not -MAX_WEIGHT <= weight <= MAX_WEIGHT:
        raise BadValue(
            quoted,
            f"a weight lies between -{MAX_WEIGHT:g} and {MAX_WEIGHT:g}; most are between -1 and 2. "
            'If it is no weight, put the words in "double quotes".',
        )
    return weight
