"""Text into word pieces: BERT's WordPiece over a reduced vocabulary, with emoji read out as their names."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence

UNKNOWN, START, END = "[UNK]", "[CLS]", "[SEP]"
#: Joiners and skin tones that change how an emoji looks but not what it is called.
SILENT = {"\u200d", "\ufe0e", "\ufe0f", "\u20e3", *map(chr, range(0x1F3FB, 0x1F400))}
SYMBOLS = {"So", "Sk", "Sm"}
#: In names of signs older than emoji these words say how the sign is printed, not what it shows.
PRINTED = {"black", "white", "heavy", "medium", "sign", "symbol"}
FIRST_EMOJI = "\U0001f000"
LONGEST_WORD = 100


def spoken(text: str) -> str:
    """Lower case, no accents, emoji and other symbols as their Unicode names: "Café 🌵" → "cafe cactus"."""
    return "".join(_said(character) for character in unicodedata.normalize("NFKD", text)).lower()


def _said(character: str) -> str:
    if character in SILENT:
        return ""
    category = unicodedata.category(character)
    if category == "Mn":
        return ""
    if category in SYMBOLS and not character.isascii():
        return f" {_named(character)} "
    if category[0] in "ZC":
        return " "
    return character


def _named(character: str) -> str:
    name = unicodedata.name(character, "").lower().replace("-", " ").split()
    return " ".join(word for word in name if character >= FIRST_EMOJI or word not in PRINTED)


def words(text: str) -> Iterator[str]:
    """The runs of letters and digits of a spoken text, and each punctuation mark alone."""
    word = ""
    for character in spoken(text):
        if character.isalnum():
            word += character
            continue
        if word:
            yield word
        word = ""
        if not character.isspace():
            yield character
    if word:
        yield word


class WordPieces:
    """The vocabulary, and the greedy split of words into its pieces."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.vocabulary = tuple(vocabulary)
        self._ids = {piece: index for index, piece in enumerate(self.vocabulary)}
        self.unknown, self.start, self.end = (self._ids[piece] for piece in (UNKNOWN, START, END))

    def encode(self, text: str) -> list[int]:
        """Ids of the pieces of a text, in order, without the start and end marks."""
        return [piece for word in words(text) for piece in self._split(word)]

    def _split(self, word: str) -> Iterator[int]:
        """Longest known piece first; a character that no piece holds is unknown on its own."""
        start = 0
        while start < len(word):
            mark = "##" if start else ""
            for end in range(min(len(word), start + LONGEST_WORD), start, -1):
                piece = self._ids.get(mark + word[start:end])
                if piece is not None:
                    yield piece
                    break
            else:
                end = start + 1
                yield self.unknown
            start = end
