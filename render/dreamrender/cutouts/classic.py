"""Classic cutouts: squares of any size from anywhere in the picture (Crowson et al. 2022; CLIPig)."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from dreamrender.cutouts.augmentation import Augmentation, Draws, colour
from dreamrender.types import Image, Images


def cut_out(
    image: Image, count: int, side: int, how: Augmentation, generator: torch.Generator, t: float = 0.0
) -> Images:
    """`count` square cuts of one picture, (count, 3, side, side), differentiable. Values may leave [0, 1]."""
    height, width = image.shape[-2:]
    theta = placements(count, (height, width), how, generator)
    cuts = sampled(prefilter(image, side, how.zoom[0]), theta, side, how)
    return colour(cuts, how, generator, t)


def sampled(image: Image, theta: Float[Tensor, "count 2 3"], side: int, how: Augmentation) -> Images:
    """The picture looked at through affine maps, all in one sampling: (count, 3, side, side)."""
    if len(theta) == 0:
        return image.new_zeros(0, 3, side, side)
    grid = F.affine_grid(theta, [len(theta), 3, side, side], align_corners=False)
    many = image[None].expand(len(theta), -1, -1, -1)
    return F.grid_sample(many, grid, padding_mode=how.padding, align_corners=False)


def placements(
    count: int, size: tuple[int, int], how: Augmentation, generator: torch.Generator
) -> Float[Tensor, "count 2 3"]:
    """Where each cut lies: affine maps from its square [-1, 1]² into the picture's."""
    height, width = size
    draw = Draws(generator)
    least, most = how.zoom
    zoom = least + (most - least) * draw.uniform(0, 1, count) ** how.power
    stretch = draw.uniform(*how.squeeze, count)
    across = zoom * (min(height, width) / width) ** (1 - stretch)
    down = zoom * (min(height, width) / height) ** (1 - stretch)
    angle = draw.uniform(-how.turn, how.turn, count)
    mirror = torch.where(draw.uniform(0, 1, count) < how.flip, -1.0, 1.0)
    shift_x = draw.uniform(-1, 1, count) * (1 + how.margin - across).clamp_min(0)
    shift_y = draw.uniform(-1, 1, count) * (1 + how.margin - down).clamp_min(0)
    cos, sin = angle.cos(), angle.sin()
    if how.pivot:
        reach = how.pivot * (1 + how.margin)
        x, y = draw.uniform(-reach, reach, count), draw.uniform(-reach, reach, count)
        shift_x = shift_x + x - cos * x + sin * y
        shift_y = shift_y + y - sin * x - cos * y
    return torch.stack(
        [
            torch.stack([mirror * cos * across, -sin * across, shift_x], 1),
            torch.stack([mirror * sin * down, cos * down, shift_y], 1),
        ],
        1,
    )


def prefilter(image: Image, side: int, closest: float) -> Image:
    """Shrink a picture that the cuts would sample too sparsely, so that they do not alias.

    Bilinear sampling is good down to about half size. The picture is shrunk so that the closest cuts,
    `closest` of its side long, are sampled at 0.8 of a pixel; the widest ones, at most twice as wide, at 1.6.
    """
    height, width = image.shape[-2:]
    ratio = side / (1.25 * closest) / min(height, width)
    if ratio > 0.75:
        return image
    size = [max(1, round(height * ratio)), max(1, round(width * ratio))]
    return F.interpolate(image[None], size, mode="bilinear", antialias=True, align_corners=False)[0]
