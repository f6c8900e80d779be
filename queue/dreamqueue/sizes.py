"""How large what is painted is beside its picture, and smaller sizes of the same shape."""

from __future__ import annotations

from math import sqrt

from dreamconfig.catalogue import backends
from dreamqueue.recipe import Recipe

LEAST = 32
"""Pixels of the shorter side that are still a picture."""
STEP = 16
"""Pixels that the margins of what repeats are multiples of, as the grids of all canvases are."""
SHARE = 8
"""Such a margin is about one of so many parts of its side."""
AROUND = 64
"""Pixels of what repeats that a decoder of latents sees beyond each edge."""


def margins(height: int, width: int) -> tuple[int, int]:
    """How much higher and wider than a picture that repeats its canvas is, in pixels."""
    down, across = (max(1, round(side / SHARE / STEP)) * STEP for side in (height, width))
    return down, across


def canvas(recipe: Recipe) -> int:
    """Pixels that each step paints: more than the picture's where that repeats and latents do not."""
    if not recipe.tile or _sampled(recipe):
        return recipe.height * recipe.width
    down, across = margins(recipe.height, recipe.width)
    return (recipe.height + down) * (recipe.width + across)


def drawn(recipe: Recipe) -> int:
    """Pixels that memory is taken for: the canvas, or what a decoder draws of latents that repeat."""
    if not recipe.tile or not _sampled(recipe):
        return canvas(recipe)
    return (recipe.height + 2 * AROUND) * (recipe.width + 2 * AROUND)


def of_area(recipe: Recipe, area: float) -> Recipe | None:
    """The recipe at its shape's largest size of at most `area` pixels that its backend can paint.

    None if that is too small for a picture, or its model paints at one size only.
    """
    known = backends().get(recipe.backend)
    multiple = known.of(recipe.preset).multiple if known else 1
    scale = min(1.0, sqrt(max(area, 0) / (recipe.width * recipe.height)))
    width, height = (int(side * scale / multiple + 1e-9) * multiple for side in (recipe.width, recipe.height))
    if min(width, height) < LEAST:
        return None
    if known and known.fixed(recipe.preset) and (width, height) != (recipe.width, recipe.height):
        return None
    return recipe.model_copy(update={"width": width, "height": height})


def named(recipe: Recipe) -> str:
    """Its size as members write it."""
    return f"{recipe.width}x{recipe.height}"


def _sampled(recipe: Recipe) -> bool:
    known = backends().get(recipe.backend)
    return known is not None and "sampled" in known.flags
