"""Several pictures in one job: the cells of a grid, or seeds that compete. Any backend can paint them."""

from __future__ import annotations

from collections.abc import Callable

from dreamqueue.recipe import Recipe
from dreamrender.backend import Backend
from dreamrender.several.backend import Several

__all__ = ["Several", "backend_for"]


def backend_for(recipe: Recipe, load: Callable[[str], Backend], batch: int = 1) -> Backend:
    """What paints this recipe: its backend, in a `Several` where it asks for several pictures.

    `batch` bounds how many of them share one step.
    """
    backend = load(recipe.backend)
    return Several(backend, batch) if recipe.several else backend
