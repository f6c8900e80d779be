"""Long texts in pieces that a critic can read: by sentences, clauses, words, and at last by characters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Protocol

_BREAKS = (
    re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\s*\n\s*"),  # sentences, lines
    re.compile(r"(?<=[,;:])\s+|(?<=[、，；])|\s+(?=[–—])"),  # clauses
    re.compile(r"\s+"),  # words
)

Span = tuple[int, int]


class Reader(Protocol):
    """Whoever reads texts, such as a critic."""

    @property
    def max_tokens(self) -> int:
        """How many tokens it reads at once."""

    def tokens(self, text: str) -> int:
        """How many a text takes."""


def pieces(text: str, reader: Reader) -> list[str]:
    """The text in as few pieces as reading on allows, none longer than the reader's `max_tokens`.

    A piece ends where a sentence does if that is soon enough, else where a clause does, else after a word.
    """
    spans = _spans(text, (0, len(text)), lambda piece: reader.tokens(piece) <= reader.max_tokens, 0)
    return [text[start:end] for start, end in spans]


def _spans(text: str, whole: Span, fits: Callable[[str], bool], level: int) -> list[Span]:
    start, end = whole
    if fits(text[start:end]) or end - start < 2:
        return [whole]
    if level == len(_BREAKS):
        parts = [(start, (start + end) // 2), ((start + end) // 2, end)]
        return [span for part in parts for span in _spans(text, part, fits, level)]
    found = [
        span for part in _parts(text, whole, _BREAKS[level]) for span in _spans(text, part, fits, level + 1)
    ]
    return _packed(text, found, fits)


def _parts(text: str, whole: Span, breaks: re.Pattern[str]) -> Iterator[Span]:
    """What lies between the breaks, the breaks left out."""
    start, end = whole
    for match in breaks.finditer(text, start, end):
        if match.start() > start:
            yield start, match.start()
        start = match.end()
    if start < end:
        yield start, end


def _packed(text: str, spans: list[Span], fits: Callable[[str], bool]) -> list[Span]:
    """Neighbours joined as long as they fit together."""
    packed: list[Span] = []
    for span in spans:
        if packed and fits(text[packed[-1][0] : span[1]]):
            packed[-1] = packed[-1][0], span[1]
        else:
            packed.append(span)
    return packed
