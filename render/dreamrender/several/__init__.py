"""Several pictures in one job: the cells of a grid, given variants, or seeds that compete. Of any backend."""

from __future__ import annotations

from collections.abc import Callable

from dreamqueue.recipe import Recipe
from dreamrender.backend import Backend, Resumable
from dreamrender.several.backend import Several
from dreamrender.several.saving import ResumableSeveral

__all__ = ["ResumableSeveral", "Several", "backend_for"]


def backend_for(recipe: Recipe, load: Callable[[str], Backend], batch: int = 1) -> Backend:
    """What paints this recipe: its backend, in a `Several` where it asks for several pictures.

    `batch` bounds how many of them share one step.
    """
    backend = load(recipe.backend)
    if not recipe.several:
        return backend
    return ResumableSeveral(backend, batch) if isinstance(backend, Resumable) else Several(backend, batch)
