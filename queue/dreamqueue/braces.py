"""Choices in braces: `a {red,blue} hut` is two texts. Braces without a comma are plain text.

There are no choices within choices, and every comma between the braces parts two of them, quotes or not.
"""

from __future__ import annotations

import re
from itertools import product
from math import prod
from typing import NamedTuple

CHOICES = r"\{[^{},]*,[^{}]*\}"
"""What stands in a text for several. Whatever else is inside (`|`, `--no`) is part of the words."""

_CHOICES = re.compile(CHOICES)


class Chosen(NamedTuple):
    """A text with its choices made."""

    text: str
    choices: tuple[str, ...]
    """What was chosen, one for each pair of braces."""


def sizes(text: str) -> tuple[int, ...]:
    """How many there are to choose from in each pair of braces."""
    return tuple(found.count(",") + 1 for found in _CHOICES.findall(text))


def count(text: str) -> int:
    """How many texts this one stands for: 1 without braces."""
    return prod(sizes(text))


def chosen(text: str) -> list[Chosen]:
    """All texts that this one stands for, the last braces changing fastest. An empty choice leaves its place
    out, and so a text may be empty.
    """
    found = [match[0][1:-1].split(",") for match in _CHOICES.finditer(text)]
    between = _CHOICES.split(text)
    return [
        Chosen(
            _tidy("".join(part for pair in zip(between, [*choices, ""], strict=True) for part in pair)),
            tuple(_tidy(choice) for choice in choices),
        )
        for choices in product(*found)
    ]


def nested(text: str) -> str | None:
    """The first choice that stands within another, as it was written; None if there is none."""
    opened: list[tuple[int, list[bool]]] = []  # where, and whether a comma and a pair of braces lie inside
    for place, character in enumerate(text):
        if character == "{":
            opened.append((place, [False, False]))
        elif character == ",":
            for _, inside in opened:
                inside[0] = True
        elif character == "}" and opened:
            start, inside = opened.pop()
            if all(inside):
                return text[start : place + 1]
            if opened:
                opened[-1][1][1] = True
    return None


def _tidy(text: str) -> str:
    return " ".join(text.split())
