"""What a recipe wants besides its phrases, worked into a preset: staying near the initial picture."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from torch import Tensor
from torch.nn import functional as F

from dreamqueue.course import value_at
from dreamqueue.recipe import Recipe
from dreamrender.preset import Preset, Regulariser
from dreamrender.types import Image, Images


def as_wished(preset: Preset, recipe: Recipe, start: Image | None) -> Preset:
    """The preset for this recipe. `start` is the initial picture at the recipe's size, if there is one."""
    if start is not None:
        preset = _staying_near(preset, recipe, start)
    return preset


def _staying_near(preset: Preset, recipe: Recipe, start: Image) -> Preset:
    """Half the rate, and a pull towards the initial picture's composition, so that it stays recognisable."""
    height, width = start.shape[-2:]
    short = min(height, width)
    size = max(1, round(16 * height / short)), max(1, round(16 * width / short))
    coarse = F.interpolate(start[None], size, mode="area")

    def away(images: Images) -> Tensor:
        return F.mse_loss(F.interpolate(images, size, mode="area"), coarse)

    pull = Regulariser(away, partial(value_at, recipe.image_weight))
    return replace(preset, rate=preset.rate / 2, on_image=(*preset.on_image, pull))
