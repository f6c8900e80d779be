"""What a recipe wants besides its phrases, worked into a preset: nearness, smoothness, colour, symmetry."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from torch import Tensor
from torch.nn import functional as F

from dreamqueue.course import Course, value_at
from dreamqueue.recipe import Recipe
from dreamrender import losses
from dreamrender.cutouts import KINDS
from dreamrender.palette import Palette
from dreamrender.preset import Preset, Regulariser
from dreamrender.schedule import Schedule
from dreamrender.types import Image, Images

MIRROR = 10.0
"""Weight of symmetry."""
STRAY = 10.0
"""Weight of values out of range."""
TINT = 3.0
"""Weight of the palette."""


def as_wished(preset: Preset, recipe: Recipe, start: Image | None) -> Preset:
    """The preset for this recipe. `start` is the initial picture at the recipe's size, if there is one."""
    if start is not None:
        preset = _staying_near(preset, recipe, start)
    on_image = [*preset.on_image]
    if recipe.tv is not None:
        on_image = [own for own in on_image if own.loss is not losses.total_variation]
        on_image.append(Regulariser(losses.total_variation, partial(value_at, recipe.tv)))
    if recipe.saturation:
        on_image.append(Regulariser(_greyness, partial(value_at, recipe.saturation)))
    if recipe.symmetry:
        axes = [{"x": 3, "y": 2}[axis] for axis in recipe.symmetry]
        mirrored = partial(losses.asymmetry, axes=axes)
        on_image.append(Regulariser(mirrored, _times(MIRROR, recipe.symmetry_weight)))
    if recipe.palette:
        on_image.append(Regulariser(Palette(recipe.palette), _times(TINT, recipe.palette_weight)))
    preset = replace(
        _seen(preset, recipe), on_image=tuple(on_image), resolution=_resolution(preset, recipe, start)
    )
    if recipe.rate is not None:
        preset = replace(preset, haste=partial(value_at, recipe.rate))
    if recipe.range is not None:
        preset = replace(preset, on_raw=(Regulariser(losses.out_of_range, _times(STRAY, recipe.range)),))
    return preset if recipe.average is None else replace(preset, average=recipe.average)


def _seen(preset: Preset, recipe: Recipe) -> Preset:
    """What the critic is shown."""
    if recipe.cuts is not None:
        preset = replace(preset, cuts=partial(value_at, recipe.cuts))
    if recipe.cutouts:
        preset = replace(preset, cutter=KINDS[recipe.cutouts])
    if recipe.noise is not None:
        how = replace(preset.augmentation, more_noise=partial(value_at, recipe.noise))
        preset = replace(preset, augmentation=how)
    return preset


def _times(factor: float, course: Course) -> Schedule:
    return lambda t: factor * value_at(course, t)


def _resolution(preset: Preset, recipe: Recipe, start: Image | None) -> float | Schedule:
    """The recipe's. A preset's own would cost an initial picture its detail."""
    if recipe.resolution is None:
        return preset.resolution if start is None else 1.0
    return partial(value_at, recipe.resolution) if isinstance(recipe.resolution, tuple) else recipe.resolution


def _greyness(images: Images) -> Tensor:
    return -losses.saturation(images).mean()


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
