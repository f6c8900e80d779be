"""The values of flags: whole numbers, sizes and shapes."""

from __future__ import annotations

import re
from math import sqrt

from dreamqueue.course import NUMBER
from dreamqueue.errors import BadValue
from dreamqueue.prompt.limits import Limits
from dreamqueue.prompt.reading import Use

MAX_RATIO = 8.0
"""The longest and thinnest shape, long side by short side."""

_SHARE = re.compile(r"((?:[0-9]{0,20}\.)?[0-9]{1,20}(?:[eE]-?[0-9]{1,3})?) ?(%?)", re.ASCII)
_SIZE = re.compile(r"([0-9]{1,6})(?: ?[xX×*] ?([0-9]{1,6}))?(?:px)?")
_SIDE = r"([0-9]{1,6}(?:\.[0-9]{1,6})?)"
_RATIO = re.compile(rf"{_SIDE}(?: ?[:/xX×] ?{_SIDE})?")


def whole_number(use: Use, least: int, most: int) -> int:
    """A whole number between two others."""
    value = use.value or ""
    number = int(value) if re.fullmatch(r"[+-]?[0-9]{1,20}", value) else None
    if number is None or not least <= number <= most:
        raise BadValue(use.said, f"I need a whole number from {least} to {most} here.")
    return number


def decimal(use: Use) -> float | None:
    """A number with or without a point; None for anything else."""
    typed = use.value or ""
    if re.fullmatch(NUMBER, typed, re.ASCII) is None:
        return None
    return float(typed.replace("−", "-").replace("–", "-")) + 0.0


def share(use: Use, why: str) -> float:
    """A share above 0 and up to 1, also as per cent; else raises BadValue with `why`."""
    match = _SHARE.fullmatch(use.value or "")
    found = float(match[1]) / (100 if match[2] else 1) if match else 0.0
    if not 0 < found <= 1:
        raise BadValue(use.said, why)
    return found


def size(use: Use, limits: Limits, multiple: int) -> tuple[int, int]:
    """Width and height in pixels; one number is a square."""
    match = _SIZE.fullmatch(use.value or "")
    if match is None:
        raise BadValue(use.said, "I need a width and a height in pixels, such as `--size 256x192`.")
    width, height = int(match[1]), int(match[2] or match[1])
    if limits.fits(width, height, multiple):
        return width, height
    fitting = "{}x{}".format(*limits.nearest(max(width, 1), max(height, 1), multiple))
    raise BadValue(
        use.said, f"{_misfit(width, height, limits, multiple)}; the nearest that fits is {fitting}."
    )


def shape(use: Use, area: int, limits: Limits, multiple: int) -> tuple[int, int]:
    """Width and height of about this area, in the shape that was asked for."""
    match = _RATIO.fullmatch(use.value or "")
    width, height = (float(match[1]), float(match[2] or 1)) if match else (0.0, 0.0)
    if width == 0 or height == 0:
        raise BadValue(use.said, "I need a shape, width to height, such as `--ar 3:2`.")
    ratio = width / height
    if not 1 / MAX_RATIO <= ratio <= MAX_RATIO:
        fitting = f"{MAX_RATIO:g}:1" if ratio > 1 else f"1:{MAX_RATIO:g}"
        raise BadValue(use.said, f"that is too thin a picture; the nearest that fits is {fitting}.")
    return limits.nearest(sqrt(area * ratio), sqrt(area / ratio), multiple)


def _misfit(width: int, height: int, limits: Limits, multiple: int) -> str:
    if min(width, height) < limits.min_side:
        return f"a side has at least {limits.min_side} pixels"
    if max(width, height) > limits.max_side:
        return f"a side has at most {limits.max_side:,} pixels"
    if width * height > limits.max_pixels:
        return f"that is {width * height:,} pixels, and I paint up to {limits.max_pixels:,}"
    return f"both sides have to be multiples of {multiple}"
