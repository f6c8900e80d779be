"""What a job of several pictures is held to."""

from __future__ import annotations

from dreamqueue.errors import BadValue
from dreamqueue.grid import cells
from dreamqueue.prompt.limits import Limits
from dreamqueue.recipe import MOST_PICTURES, Recipe
from dreamqueue.text import quote


def possible(recipe: Recipe, limits: Limits) -> Recipe:
    """The recipe, if its pictures can be painted in one job; else raises BadValue."""
    number = len(cells(recipe, limits.max_cells))
    if recipe.variants and number * recipe.width * recipe.height > MOST_PICTURES * limits.max_pixels:
        most = MOST_PICTURES * limits.max_pixels // number
        raise BadValue(
            f"--size {recipe.width}x{recipe.height}",
            f"{number} pictures of this size are too much for one job; "
            f"with up to {most:,} pixels each they fit.",
        )
    if number > 1 and recipe.candidates > 1:
        raise BadValue(
            f"--candidates {recipe.candidates}",
            "a grid paints each of its pictures once; please leave out the candidates or the braces.",
        )
    if recipe.several and recipe.work > limits.max_steps:
        what = f"--candidates {recipe.candidates}" if recipe.candidates > 1 else quote(recipe.words)
        fitting = _fitting_steps(recipe, limits.max_steps)
        raise BadValue(
            what,
            f"that is {recipe.work:,} steps in all, and one job has up to {limits.max_steps:,}; "
            + (f"with `--steps {fitting}` it fits." if fitting else "please ask for fewer pictures."),
        )
    return recipe


def _fitting_steps(recipe: Recipe, most: int) -> int:
    """The most steps with which all its pictures fit; 0 if there are none."""
    steps = recipe.steps * most // recipe.work + 1
    while steps and recipe.model_copy(update={"steps": steps}).work > most:
        steps -= 1
    return steps
