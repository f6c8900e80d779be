"""A1111's `styles.csv`: columns `name,prompt,negative_prompt`, in older ones `name,text`."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from dreamqueue.errors import TrickError
from dreamqueue.text import normalise, quote
from dreamqueue.tricks.foreign import Row, plain_words
from dreamqueue.tricks.record import Trick

_COLUMNS = {
    "name": "name",
    "prompt": "text",
    "text": "text",
    "negative_prompt": "negative",
    "negative prompt": "negative",
}


def rows(text: str) -> Iterator[Row]:
    """The rows below the heading. Raises TrickError for a file without one, or broken in itself."""
    head = text.partition("\n")[0]
    delimiter = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=delimiter)
    try:
        heading = [cell.strip().casefold() for cell in next(reader, [])]
    except csv.Error as error:
        raise TrickError(f"The file is no table of commas: {error}.") from error
    fields = [_COLUMNS.get(cell, "") for cell in heading]
    if "name" not in fields or "text" not in fields:
        raise TrickError("The first line of the file has to name its columns: `name,prompt,negative_prompt`.")
    strange = [cell for cell, field in zip(heading, fields, strict=True) if cell and not field]
    told = ", ".join(f"`{quote(normalise(cell), 30)}`" for cell in strange[:5])
    also = (f"columns that I do not know were left out: {told}",) if strange else ()
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise TrickError(f"The file is broken in line {reader.line_num}: {error}.") from error
        if cells is None:
            return
        if any(cell.strip() for cell in cells):
            yield _row(f"line {reader.line_num}", dict(zip(fields, cells, strict=False)), also)
            also = ()


def write(tricks: Iterable[Trick]) -> str:
    """The file, with the mark at its beginning by which other programs know UTF-8."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["name", "prompt", "negative_prompt"])
    writer.writerows([trick.name, trick.text, trick.negative] for trick in tricks)
    return "\ufeff" + out.getvalue()


def _row(where: str, cells: dict[str, str], also: tuple[str, ...]) -> Row:
    text, lost = plain_words(cells.get("text", ""))
    negative, lost_too = plain_words(cells.get("negative", ""))
    losses = (*also, *dict.fromkeys((*lost, *lost_too)))
    return Row(where, name=cells.get("name", ""), text=text, negative=negative, losses=losses)
