"""Contact sheets: several pictures as one, each above its label, on light paper."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log

from PIL import Image as Pillow
from PIL import ImageDraw
from PIL.Image import Image as PILImage
from PIL.Image import Resampling

from dreamrender.labels import font_of, in_plain_letters, line_height, wrapped

PAPER, INK = (246, 244, 240), (45, 42, 38)
MAX_SIDE = 2048
"""Pixels that a sheet's long side has at most."""
NARROWEST = 120
"""Pixels of a column: narrower pictures stand in the middle of one, so that their labels can be read."""
LINES = 2
"""Lines of a label."""
MOST_COLUMNS = 8
CELLS = "cells"
"""Where a sheet's `info` says where each of its pictures lies: left, top, right, bottom in pixels."""


def contact_sheet(
    pictures: Sequence[PILImage],
    labels: Sequence[str],
    columns: int | None = None,
    max_side: int = MAX_SIDE,
) -> PILImage:
    """RGB pictures of any sizes, row by row, in `columns` columns (None: as square a sheet as it can be).

    They are shown at their size, or all shrunk alike where the sheet would be larger than `max_side`. A label
    is wrapped, and cut with … after two lines; an empty one leaves its place white. It is written in plain
    letters (see `dreamrender.labels`).
    """
    if len(pictures) != len(labels) or not pictures:
        raise ValueError("a sheet has one label for each picture, and one picture at least")
    columns = min(columns or _columns(pictures), len(pictures), max(MOST_COLUMNS, ceil(len(pictures) ** 0.5)))
    scale = 1.0
    while True:
        sheet = _Sheet(pictures, labels, columns, scale, min(NARROWEST, max_side // columns - 16))
        excess = max(sheet.width, sheet.height) / max_side
        if excess <= 1 or scale < 0.01:
            return sheet.drawn()
        scale *= min(0.98, 1 / excess)


class _Sheet:
    """A sheet of one scale: first measured, then drawn."""

    def __init__(
        self,
        pictures: Sequence[PILImage],
        labels: Sequence[str],
        columns: int,
        scale: float,
        narrowest: int,
    ) -> None:
        self._pictures = pictures
        self._sizes = [
            (max(1, round(one.width * scale)), max(1, round(one.height * scale))) for one in pictures
        ]
        widest, tallest = (max(sides) for sides in zip(*self._sizes, strict=True))
        self._columns = columns
        self._cell = max(widest, narrowest)
        self._tall = tallest
        self._gap = max(4, min(24, self._cell // 16))
        self._font = font_of(max(9, min(24, self._cell // 12)))
        self._line = line_height(self._font)
        self._labels = [wrapped(in_plain_letters(label), self._font, self._cell, LINES) for label in labels]
        lines = max(len(label) for label in self._labels)
        self._pitch = tallest + self._gap + (lines * self._line + self._gap // 2 if lines else 0)
        self._rows = ceil(len(pictures) / columns)
        self.width = columns * (self._cell + self._gap) + self._gap
        self.height = self._rows * self._pitch + self._gap

    def drawn(self) -> PILImage:
        """The sheet itself."""
        sheet = Pillow.new("RGB", (self.width, self.height), PAPER)
        pen = ImageDraw.Draw(sheet)
        cells = []
        for index, (picture, size, label) in enumerate(
            zip(self._pictures, self._sizes, self._labels, strict=True)
        ):
            row, column = divmod(index, self._columns)
            left = self._gap + column * (self._cell + self._gap)
            top = self._gap + row * self._pitch
            shown = picture if picture.size == size else picture.resize(size, Resampling.LANCZOS)
            corner = left + (self._cell - size[0]) // 2, top + (self._tall - size[1]) // 2
            sheet.paste(shown, corner)
            for number, line in enumerate(label):
                place = left + self._cell / 2, top + self._tall + self._gap // 2 + number * self._line
                pen.text(place, line, INK, self._font, anchor="ma")
            cells.append((*corner, corner[0] + size[0], corner[1] + size[1]))
        sheet.info[CELLS] = tuple(cells)
        return sheet


def _columns(pictures: Sequence[PILImage]) -> int:
    """The number that makes the sheet most nearly square, with few empty places."""
    width = max(max(one.width for one in pictures), NARROWEST)
    height = max(one.height for one in pictures) + NARROWEST // 6
    count = len(pictures)

    def badness(columns: int) -> float:
        rows = ceil(count / columns)
        return abs(log(columns * width / (rows * height))) + (rows * columns - count) / count

    return min(range(1, min(count, MOST_COLUMNS) + 1), key=badness)
