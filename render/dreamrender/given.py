"""The pictures that a recipe names, as painters take them."""

from __future__ import annotations

from PIL.Image import Image as PILImage

from dreamqueue.errors import PictureError
from dreamqueue.recipe import Recipe
from dreamrender.aims import Target
from dreamrender.backend import Inputs
from dreamrender.canvas import covering
from dreamrender.types import Image

TARGET_SIDE = 512
"""Short side in pixels that a target picture has at most when it is looked at."""


def initial(recipe: Recipe, inputs: Inputs) -> Image | None:
    """The initial picture, cut to the recipe's size; None without one. Raises PictureError if it is gone."""
    if recipe.image is None:
        return None
    return covering(_picture(recipe.image, inputs, "initial"), recipe.height, recipe.width)


def targets(recipe: Recipe, inputs: Inputs) -> list[Target]:
    """The target pictures, as large as is worth looking at. Raises PictureError if one is gone."""
    found = []
    for target in recipe.targets:
        picture = _picture(target.key, inputs, "target")
        scale = min(1.0, TARGET_SIDE / min(picture.size))
        height, width = (max(1, round(side * scale)) for side in (picture.height, picture.width))
        found.append((covering(picture, height, width), target.weight))
    return found


def _picture(key: str, inputs: Inputs, what: str) -> PILImage:
    if key not in inputs.pictures:
        raise PictureError(f"The {what} picture is not kept any more; please attach it again.")
    return inputs.pictures[key]
