"""What counts as the same word: one spelling for the many that people, phones and pranksters have.

NFKC, no case, nothing invisible, no marks on letters; letters of other scripts and of fancy alphabets become
the Latin ones that they look like, but not in a text that is really written in that script. A hyphen or an
apostrophe between letters joins: `cutting-edge` is one word and not `cutting`. Beside the words as they stand
other readings are looked at: digits and signs between letters as the letters that they stand for (`p3g`; not
at a word's edge, where they mostly are numbers), words without their hyphens (`p-eg`), and single letters in
a row as one word (`p e g`, `p.e.g`). Letters that are repeated or left out are not guessed at.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby

from dreamqueue.text import normalise

WIDEST = 3
"""Characters that one becomes in NFKC at most, where a text would be too long with those that become more."""
FEWEST_APART = 3
"""Single letters in a row that may be one word."""

_HYPHENS = "-‐‑"
_JOINS = frozenset(_HYPHENS + "'’ʼ")
_AT_JOINS = re.compile("[-‐‑'’ʼ]")


def _pairs(text: str) -> dict[str, str]:
    return {pair[0]: pair[1:] for pair in text.split()}


_LOOK_ALIKES = _pairs(
    "аa еe оo рp сc уy хx іi јj ѕs ԁd һh ԛq ԝw кk мm тt вb ӏl ѵv ոn սu հh օo "
    "αa βb εe ιi κk νv οo ρp τt υu χx γy ωw ϲc ϳj"
)
"""Small letters of Cyrillic, Armenian and Greek, and what they look like."""
_FANCY = _pairs(
    "ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz ɑa ɡg ıi ȷj ɓb ɗd ɦh ɨi ɫl ɱm "
    "ɳn ɵo ʈt ʉu ʋv ʂs ʐz øo łl đd ħh ŧt ðd þp æae œoe"
)
"""Latin letters that NFKC leaves as they are."""
_BOXED = {chr(first + at): chr(97 + at) for first in (0x1F150, 0x1F170) for at in range(26)}
_OF_FLAGS = {chr(0x1F1E6 + at): chr(97 + at) for at in range(26)}
_LEET = {"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "8": "b", "@": "a", "$": "s", "!": "i"}
_FROM_LOOK, _FROM_FANCY, _FROM_BOX, _FROM_FLAG, _FROM_LEET = (
    str.maketrans(table) for table in (_LOOK_ALIKES, _FANCY, _BOXED, _OF_FLAGS, _LEET)
)
_BETWEEN_LETTERS = re.compile(r"(?<=[^\W\d_])[0134578@$!]+(?=[^\W\d_])")
_ASCII_WORDS = re.compile(r"([A-Za-z0-9]+(?:[-'][A-Za-z0-9]+)*)")
_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]{3,}")


def width(text: str) -> int:
    """How many characters have to be looked at: some become up to eighteen."""
    return len(text) if text.isascii() else len(unicodedata.normalize("NFKC", text))


def bounded(text: str, most: int) -> str:
    """The first `most` characters of a text; those that become many are blanks if it would be longer then."""
    text = text[:most]
    if width(text) <= most:
        return text
    return "".join(letter if width(letter) <= WIDEST else " " for letter in text)


def plain(text: str) -> str:
    """One line, nothing invisible, in one case; letters keep their marks and their script."""
    if text.isascii() and text.isprintable() and "<" not in text:
        return " ".join(text.casefold().split())
    unboxed = _FLAGS.sub(lambda row: row[0].translate(_FROM_FLAG), text).translate(_FROM_BOX)
    wide = unicodedata.normalize("NFKC", normalise(unboxed))
    return unicodedata.normalize("NFKC", "".join(filter(_is_seen, wide)).casefold())


def folded(text: str) -> str:
    """`plain` text without marks, in Latin letters wherever other ones pass for them."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFD", text)
    bare = "".join(character for character in apart if unicodedata.category(character) not in {"Mn", "Me"})
    latin = unicodedata.normalize("NFC", bare).translate(_FROM_FANCY)
    foreign = any(
        letter not in _LOOK_ALIKES and not _is_latin(letter) for letter in latin if letter.isalpha()
    )
    return "".join(
        piece.translate(_FROM_LOOK) if is_word and (not foreign or _has_latin(piece)) else piece
        for is_word, piece in pieces(latin)
    )


def pieces(text: str) -> Iterator[tuple[bool, str]]:
    """A text in pieces: words, and what stands between them."""
    if text.isascii():
        parts = _ASCII_WORDS.split(text)
        yield from ((at % 2 == 1, part) for at, part in enumerate(parts) if part)
        return
    for is_word, group in groupby(range(len(text)), key=lambda at: _in_word(text, at)):
        yield is_word, "".join(text[at] for at in group)


def words(text: str) -> list[str]:
    """The words of a text, in order."""
    return [piece for is_word, piece in pieces(text) if is_word]


def parted(reading: Iterable[str]) -> list[str]:
    """Words parted at their hyphens and apostrophes."""
    return [part for word in reading for part in _AT_JOINS.split(word)]


def readings(text: str) -> list[list[str]]:
    """Ways to read a `folded` text, each a list of words: as it stands, and with digits as letters."""
    spelled = _BETWEEN_LETTERS.sub(lambda found: found[0].translate(_FROM_LEET), text)
    return [words(text)] if spelled == text else [words(text), words(spelled)]


def hidden(reading: Iterable[str]) -> list[str]:
    """What a reading's words may be together: those without their hyphens, and letters in a row."""
    found = []
    letters: list[str] = []
    for word in reading:
        parts = _AT_JOINS.split(word)
        if set(word) & set(_HYPHENS):
            found.append("".join(parts))
        letters += parts if all(len(part) == 1 for part in parts) else [word]
    for single, group in groupby(letters, key=lambda letter: len(letter) == 1 and letter.isalpha()):
        row = "".join(group) if single else ""
        if len(row) >= FEWEST_APART:
            found += [row, row[1:]] if row[0] in "ai" else [row]  # "a p e g"
    return found


def _in_word(text: str, at: int) -> bool:
    if text[at] in _JOINS:
        return 0 < at < len(text) - 1 and _is_letter(text[at - 1]) and _is_letter(text[at + 1])
    return unicodedata.category(text[at])[0] in "LNM"


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNM"


def _is_seen(character: str) -> bool:
    return unicodedata.category(character) != "Cf" and not 0xFE00 <= ord(character) <= 0xFE0F


def _is_latin(character: str) -> bool:
    return character < "\u0250" or "LATIN" in unicodedata.name(character, "")


def _has_latin(word: str) -> bool:
    return any(_is_latin(character) for character in word if character.isalpha())
