"""Smaller sizes of the same shape."""

from __future__ import annotations

from math import sqrt

from dreamconfig.catalogue import backends
from dreamqueue.recipe import Recipe

LEAST = 32
"""Pixels of the shorter side that are still a picture."""


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
