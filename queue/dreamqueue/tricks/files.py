"""Files of tricks: read whatever other programs keep their styles in, write it again, and say what was lost.

Files come from members, so all of it is bounded: bytes, rows, characters, depth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from dreamqueue.errors import DreamError, TrickError
from dreamqueue.job import Owner
from dreamqueue.text import clip, normalise
from dreamqueue.tricks import foreign, styles_csv, styles_json, tricks_toml
from dreamqueue.tricks.drafting import drafted
from dreamqueue.tricks.foreign import Row
from dreamqueue.tricks.record import Trick

MAX_BYTES = 1_000_000
MOST_ROWS = 1000
LONGEST_LOSS = 300
NAMED = 3
"""Tricks that are named for each kind of loss."""
"""Characters of a line that says what was not understood."""

KINDS = ("toml", "csv", "json")
"""Our own, which holds everything; A1111's `styles.csv`; Fooocus' JSON."""

_READERS: dict[str, Callable[[str], Iterator[Row]]] = {
    "toml": tricks_toml.rows,
    "csv": styles_csv.rows,
    "json": styles_json.rows,
}
_WRITERS: dict[str, Callable[[Iterable[Trick]], str]] = {
    "toml": tricks_toml.write,
    "csv": styles_csv.write,
    "json": styles_json.write,
}


@dataclass(frozen=True)
class Found:
    """What a file held."""

    tricks: tuple[Trick, ...]
    losses: tuple[str, ...]
    """What was not understood, each with its place in the file."""


def check_size(length: int) -> None:
    """Raises TrickError for a file that is too large to be one of tricks."""
    if length > MAX_BYTES:
        raise TrickError(f"The file has {length / 1e6:.1f} MB, and I read files of tricks up to 1 MB.")


def read_tricks(name: str, data: bytes, author: Owner | None = None) -> Found:
    """The tricks of a file, and what was not understood. Its name or its first character says what it is.

    Raises TrickError for a file that cannot be read at all.
    """
    check_size(len(data))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise TrickError("The file is no text in UTF-8; please save it as that.") from None
    rows = _READERS[_kind(name, text)](text)
    tricks: dict[str, Trick] = {}
    losses: list[str] = []
    for count, row in enumerate(rows):
        if count == MOST_ROWS:
            losses.append(f"{row.where}: I read {MOST_ROWS:,} tricks of one file; the rest was left out")
            break
        losses += (f"{row.where}: {what}" for what in row.losses)
        if row.losses and not (row.name or row.text):
            continue
        try:
            trick = _drafted(row, author)
        except DreamError as error:
            losses.append(f"{row.where}: {error}")
            continue
        if trick.name in tricks:
            losses.append(f"{row.where}: `{trick.name}` is there twice; the first one was taken")
        else:
            tricks[trick.name] = trick
    return Found(tuple(tricks.values()), tuple(clip(normalise(loss), LONGEST_LOSS) for loss in losses))


def write_tricks(kind: str, tricks: Iterable[Trick]) -> tuple[bytes, tuple[str, ...]]:
    """A file of one of KINDS, and what it could not hold."""
    chosen = [trick for trick in tricks if trick.state == "offered"]
    return _WRITERS[kind](chosen).encode(), () if kind == "toml" else tuple(_lost(chosen))


def _lost(tricks: Iterable[Trick]) -> Iterator[str]:
    """What other programs' files have no place for, and whose it is."""
    without: dict[str, list[str]] = {"flags": [], "description": [], "tags": []}
    for trick in tricks:
        for name, value in (("flags", trick.flags), ("description", trick.about), ("tags", trick.tags)):
            if value:
                without[name].append(trick.name)
    for name, of in without.items():
        if of:
            more = f" and {len(of) - NAMED} more" if len(of) > NAMED else ""
            yield f"{name} of {', '.join(of[:NAMED])}{more}"


def _drafted(row: Row, author: Owner | None) -> Trick:
    if not row.name.strip():
        raise TrickError("no name")
    if not (row.text.strip() or row.negative.strip() or row.flags.strip()):
        raise TrickError("no words")
    return drafted(
        row.name,
        row.text,
        negative=row.negative,
        flags=row.flags,
        about=row.about,
        tags=row.tags,
        author=author,
        parent=row.parent,
    )


def _kind(name: str, text: str) -> str:
    suffix = name.rpartition(".")[2].casefold()
    if suffix in KINDS:
        return suffix
    start = text.lstrip()[:2000]
    if foreign.looks_like_json(start):
        return "json"
    if "," in start.partition("\n")[0] and "name" in start.casefold():
        return "csv"
    raise TrickError("I read `styles.csv` of A1111, JSON of Fooocus and our own TOML; this is none of them.")
