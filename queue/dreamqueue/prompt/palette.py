"""The colours after `--palette`: names or hexadecimal numbers, kept as #rrggbb."""

from __future__ import annotations

import re

from PIL.ImageColor import colormap, getrgb

from dreamqueue.errors import BadValue
from dreamqueue.prompt.menu import nearest
from dreamqueue.prompt.reading import Use, items
from dreamqueue.recipe import PALETTE
from dreamqueue.text import quote

_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}){1,2}")


def read(use: Use) -> tuple[str, ...]:
    """Colours in their order, each once."""
    colours = tuple(dict.fromkeys(_colour(item, use) for item in items(use.value or "")))
    least, most = PALETTE
    if not least <= len(colours) <= most:
        raise BadValue(
            use.said, f"a palette has {least} to {most} colours, such as `--palette navy,teal,#ffc`."
        )
    return colours


def _colour(item: str, use: Use) -> str:
    name = item.casefold().replace(" ", "").replace("-", "")
    if _HEX.fullmatch(name) or name in colormap:
        red, green, blue = getrgb(name)[:3]
        return f"#{red:02x}{green:02x}{blue:02x}"
    close = ", ".join(f"`{found}`" for found in nearest(name, colormap))
    meant = f"Did you mean {close}? " if close else ""
    raise BadValue(
        use.said,
        f"I know no colour {quote(item, 30)}. {meant}Names of the web's colours work, and `#1a2b3c`.",
    )
