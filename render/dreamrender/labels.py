"""Labels of pictures: text in a font that is everywhere the same, in lines of bounded length.

Pillow's own font has the letters of English and a few signs. Others lose their accents, and what is left
without a letter (Cyrillic, Chinese, emoji) becomes an ellipsis; a label should begin with a number.
"""

from __future__ import annotations

import unicodedata
from functools import cache
from math import ceil

from PIL import ImageFont

Font = ImageFont.ImageFont | ImageFont.FreeTypeFont

_SAME = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ı": "i"}
    | {"đ": "d", "Đ": "D", "ð": "d", "þ": "th", "Þ": "Th", "—": "-", "–": "-", "„": '"', "×": "x"}
)


@cache
def font_of(size: int) -> Font:
    """Pillow's own font, of a size in pixels."""
    return ImageFont.load_default(size)


def in_plain_letters(text: str) -> str:
    """The text as it can be written."""
    apart = unicodedata.normalize("NFD", text.translate(_SAME))
    letters = "".join(letter for letter in apart if not unicodedata.combining(letter))
    kept = "".join(letter if _has(letter) else "…" for letter in letters)
    while "……" in kept:
        kept = kept.replace("……", "…")
    return kept


def loses_letters(text: str) -> bool:
    """Whether words of it cannot be written."""
    return in_plain_letters(text).count("…") > text.count("…")


def line_height(font: Font) -> int:
    """Pixels from one line to the next."""
    top, bottom = font.getbbox("Aplg,|")[1::2]
    return ceil(1.25 * (bottom - top) + 1)


@cache
def _has(letter: str) -> bool:
    font = font_of(16)
    missing, found = font.getmask("\U0010ffff"), font.getmask(letter)
    return letter == " " or found.size != missing.size or bytes(found) != bytes(missing)


def wrapped(text: str, font: Font, width: float, lines: int) -> list[str]:
    """The text in lines of at most `width` pixels; what does not fit is cut, with an … at the end."""
    found: list[str] = []
    rest = text.split()
    while rest and len(found) < lines:
        taken = rest.pop(0)
        while rest and font.getlength(f"{taken} {rest[0]}") <= width:
            taken += f" {rest.pop(0)}"
        found.append(_cut(taken, font, width))
    if rest:
        found[-1] = _cut(f"{found[-1].removesuffix('…')}…", font, width)
    return found


def _cut(line: str, font: Font, width: float) -> str:
    if font.getlength(line) <= width:
        return line
    kept = line.removesuffix("…")[:400]
    while kept and font.getlength(f"{kept}…") > width:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"
