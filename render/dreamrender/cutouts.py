"""Cutouts: what the critic is shown of a picture. One affine grid and one grid sample for a canvas.

CLIP sees small squares. Many, each turned, scaled, shifted and coloured a little differently, keep the
painter from finding pixels that please the critic without showing anything (Crowson et al. 2022; CLIPig).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from dreamrender.schedule import Schedule, never
from dreamrender.types import Image, Images


@dataclass(frozen=True)
class Augmentation:
    """How cuts differ. Lengths are shares of the picture's side: 1 is all of it, 1.25 reaches beyond."""

    zoom: tuple[float, float] = (0.5, 1.0)
    """Side of a cut, drawn uniformly."""
    margin: float = 0.1
    """How far beyond the edges a cut may reach, as a share of half the side; see `padding`."""
    turn: float = 0.2
    """Largest rotation either way, in radians."""
    pivot: float = 0.0
    """Where rotations turn: 0 the cut's centre, 1 any place in the picture."""
    flip: float = 0.5
    """Share of cuts mirrored left to right."""
    squeeze: tuple[float, float] = (0.5, 1.0)
    """Non-square pictures: at 0 a cut is square, at 1 it has the picture's shape, squeezed."""
    padding: Literal["reflection", "border", "zeros"] = "reflection"
    brightness: float = 0.1
    """Largest shift of all channels, of 1."""
    channels: float = 0.1
    """Largest relative gain of each channel."""
    gain: float = 1.0
    """Contrast of what the critic sees (CLIPig's `mul`)."""
    mean: float | None = None
    """Give each cut's channels this mean (CLIPig's `mean`)."""
    noise: float = 0.08
    """Largest standard deviation of pixel noise; each cut draws its own below it."""
    steady_noise: float = 0.0
    """Standard deviation of pixel noise on every cut (CLIPig's `noise`)."""
    grey_noise: Schedule = never
    """Standard deviation of noise that is equal in all channels, by progress (CLIPig's `bwnoise`)."""


def cut_out(
    image: Image, count: int, side: int, how: Augmentation, generator: torch.Generator, t: float = 0.0
) -> Images:
    """`count` square cuts of one picture, (count, 3, side, side), differentiable. Values may leave [0, 1]."""
    height, width = image.shape[-2:]
    theta = placements(count, (height, width), how, generator)
    grid = F.affine_grid(theta, [count, 3, side, side], align_corners=False)
    source = prefilter(image, side, how.zoom[0])
    cuts = F.grid_sample(
        source[None].expand(count, -1, -1, -1), grid, padding_mode=how.padding, align_corners=False
    )
    return colour(cuts, how, generator, t)


def placements(
    count: int, size: tuple[int, int], how: Augmentation, generator: torch.Generator
) -> Float[Tensor, "count 2 3"]:
    """Where each cut lies: affine maps from its square [-1, 1]² into the picture's."""
    height, width = size
    draw = _Draws(generator)
    zoom = draw.uniform(*how.zoom, count)
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


def colour(cuts: Images, how: Augmentation, generator: torch.Generator, t: float) -> Images:
    """Brightness, channel gains, contrast, mean and noise, in this order."""
    draw = _Draws(generator)
    count = len(cuts)
    if how.brightness or how.channels:
        gains = 1 + how.channels * draw.uniform(-1, 1, count, 3, 1, 1)
        cuts = cuts * gains + how.brightness * draw.uniform(-1, 1, count, 1, 1, 1)
    if how.gain != 1:
        cuts = cuts * how.gain
    if how.mean is not None:
        cuts = cuts + (how.mean - cuts.mean((2, 3), keepdim=True))
    if how.noise or how.steady_noise:
        loudness = how.steady_noise + how.noise * draw.uniform(0, 1, count, 1, 1, 1)
        cuts = cuts + loudness * draw.normal(*cuts.shape)
    if grey := how.grey_noise(t):
        cuts = cuts + grey * draw.normal(count, 1, *cuts.shape[-2:])
    return cuts


@dataclass(frozen=True)
class _Draws:
    generator: torch.Generator

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        device = self.generator.device
        return low + (high - low) * torch.rand(shape, generator=self.generator, device=device)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(shape, generator=self.generator, device=self.generator.device)
