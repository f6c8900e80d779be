"""Typed text made plain: what people, phones and pranksters put between the words goes; emoji stay."""

from __future__ import annotations

import re
import unicodedata

MAX_MARKS = 3
"""Combining marks kept on one letter; more is zalgo."""

FLAG_DASHES = r"(?:[-‐‑‒–—―−]{2,}|[–—―])"
"""How a flag begins: `--`, and what phones make of it (`—seed 7`, `–-seed 7`)."""

_SYMBOLS = "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u27ff\u2900-\u2bff\u3030\u303d\u3297\u3299"
_PICTOGRAPH = f"[{_SYMBOLS}\U0001f000-\U0001faff]"
_ONE = f"{_PICTOGRAPH}(?:[\U0001f3fb-\U0001f3ff]\ufe0f?|[\ufe0e\ufe0f])?"
_TAGS = "\U0001f3f4[\U000e0020-\U000e007e]{1,16}\U000e007f"  # the flags of England, Scotland and Wales
_KEYCAP = "[0-9#*]\ufe0f?\u20e3"
_EMOJI_OR_CHARACTER = re.compile(f"(?P<emoji>{_TAGS}|{_KEYCAP}|{_ONE}(?:\u200d{_ONE})*)|.", re.DOTALL)
_CUSTOM_EMOJI = re.compile(r"<a?:(\w{1,32}):[0-9]{1,20}>", re.ASCII)

BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters and signs that show as nothing
_INVISIBLE_MARKS = frozenset("\u034f\u17b4\u17b5\u180b\u180c\u180d\u180f")


def normalise(typed: str) -> str:
    """One line of plain text in NFC. Normalising twice changes nothing.

    Control characters and line ends become spaces, white space collapses; bidi controls and zero-width
    characters go unless an emoji is made of them; heaps of combining marks are thinned; a Discord emoji
    `<:name:id>` becomes its name.
    """
    visible = "".join(_plain(match) for match in _EMOJI_OR_CHARACTER.finditer(typed))
    composed = unicodedata.normalize("NFC", _thinned(visible, 4 * MAX_MARKS))
    thinned = unicodedata.normalize("NFC", _thinned(composed, MAX_MARKS))
    return " ".join(_CUSTOM_EMOJI.sub(r" \1 ", thinned).split())


def clip(text: str, length: int) -> str:
    """At most `length` characters of `text`, with `…` where some are left out, and no emoji cut apart."""
    if len(text) <= length:
        return text
    kept = text[: max(length - 1, 0)]
    while kept and (_joins(kept[-1]) or _joins(text[len(kept)])):
        kept = kept[:-1]
    return (kept.rstrip() + "…")[:length]


def quote(words: str, length: int = 60) -> str:
    """Words of a member, fit to stand between backticks in an answer."""
    return clip(words.replace("`", "'"), length)


def _plain(match: re.Match[str]) -> str:
    character = match[0]
    if match["emoji"] is not None:
        return character
    if character in BLANK or character.isspace():
        return " "
    category = unicodedata.category(character)
    if category == "Cc":
        return " "
    code = ord(character)
    if (
        category in {"Cf", "Cs"}
        or character in _INVISIBLE_MARKS
        or 0xFE00 <= code <= 0xFE0F
        or 0xE0100 <= code <= 0xE01EF
        or 0xFDD0 <= code <= 0xFDEF
        or code & 0xFFFE == 0xFFFE
    ):
        return ""
    return character


def _thinned(text: str, most: int) -> str:
    kept, marks = [], 0
    for character in text:
        marks = marks + 1 if unicodedata.category(character) in {"Mn", "Me"} else 0
        if marks <= most:
            kept.append(character)
    return "".join(kept)


def _joins(character: str) -> bool:
    return (
        character == "\u200d"
        or unicodedata.category(character) in {"Mn", "Me"}
        or "\U0001f3fb" <= character <= "\U0001f3ff"
        or "\U000e0020" <= character <= "\U000e007f"
    )
