"""Our own file of tricks: a TOML table each, as in config/dreamconfig/styles.toml. It holds all there is.

What is written is TOML. What is read is the part of it that such files use (tables, strings and lists of
strings, each on a line), line by line: so a slip costs one line, and a file that was made to be slow, as
long dotted keys are for a whole reader, is only wrong.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import replace

from dreamqueue.text import normalise, quote
from dreamqueue.tricks.foreign import Row
from dreamqueue.tricks.record import LONGEST_TEXT, Trick

_FIELDS = ("text", "negative", "flags", "about", "parent")
_LONGEST_LINE = 4 * LONGEST_TEXT + 100
_MOST_LOSSES = 8
"""Of one table."""

_STRING = r"""(?:"(?:\\.|[^"\\])*+"|'[^']*+')"""
_END = r"\s*+(?:#.*)?"
_TABLE = re.compile(rf"\[\s*+(?:(?P<bare>[\w-]++)|(?P<quoted>{_STRING}))\s*+\]{_END}")
_PAIR = re.compile(
    rf"(?P<key>[\w-]++)\s*+=\s*+(?:(?P<one>{_STRING})|\[\s*+(?P<many>(?:{_STRING}\s*+,?\s*+)*+)\]){_END}"
)


def rows(text: str) -> Iterator[Row]:
    """The tables of the file; lines that cannot be read are losses of their table."""
    row = Row("")
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        table = _TABLE.fullmatch(line) if len(line) <= _LONGEST_LINE else None
        name = None if table is None else table["bare"] or _string(table["quoted"])
        if name is not None:
            if row.where:
                yield row
            row = Row(f"[{quote(normalise(name[:200]), 40)}]", name=name)
            continue
        if line.startswith("[") and row.where:
            yield row
            row = Row("")
        row = _with(row, number, line)
    if row.where:
        yield row


def write(tricks: Iterable[Trick]) -> str:
    """The file; what is empty is left out."""
    return "\n".join(_table(trick) for trick in tricks)


def _table(trick: Trick) -> str:
    name = trick.name if trick.name.isascii() else _text(trick.name)
    fields = {field: getattr(trick, field) for field in _FIELDS}
    lines = [f"[{name}]", *(f"{field} = {_text(value)}" for field, value in fields.items() if value)]
    if trick.tags:
        lines.append(f"tags = [{', '.join(map(_text, trick.tags))}]")
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _with(row: Row, number: int, line: str) -> Row:
    row = row if row.where else Row(f"line {number}")
    pair = _PAIR.fullmatch(line) if len(line) <= _LONGEST_LINE else None
    key = pair["key"] if pair else ""
    if pair and pair["one"] is not None and key in _FIELDS:
        value = _string(pair["one"])
        if value is not None:
            return replace(row, **{key: value})  # type: ignore[arg-type]
    if pair and pair["many"] is not None and key == "tags":
        tags = [_string(one) for one in re.findall(_STRING, pair["many"])]
        return replace(row, tags=tuple(tag for tag in tags if tag is not None))
    if len(row.losses) >= _MOST_LOSSES:
        return row
    loss = f"line {number} was not understood and was left out: `{quote(normalise(line[:200]), 40)}`"
    return replace(row, losses=(*row.losses, loss))


def _string(written: str) -> str | None:
    """The text between the quotes; None where an escape in it means nothing."""
    try:
        value = tomllib.loads(f"x = {written}")["x"]
    except ValueError:
        return None
    return value if isinstance(value, str) else None
