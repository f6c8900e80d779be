"""Pictures in a terminal: two pixels a character cell, drawn with half blocks."""

from __future__ import annotations

import io

from PIL import Image
from rich.style import Style
from rich.text import Text


def half_blocks(data: bytes, columns: int = 48) -> Text:
    """An encoded picture as text of `columns` cells, each `▀` with a colour above and one below."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    rows = max(1, round(columns * picture.height / picture.width / 2))
    pixels = picture.resize((columns, rows * 2), Image.Resampling.LANCZOS).tobytes()

    def colour(x: int, y: int) -> str:
        at = 3 * (y * columns + x)
        return "#" + pixels[at : at + 3].hex()

    text = Text()
    for row in range(rows):
        for x in range(columns):
            text.append("▀", Style(color=colour(x, 2 * row), bgcolor=colour(x, 2 * row + 1)))
        text.append("\n")
    return text
