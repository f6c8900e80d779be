"""How cutouts differ from one another: in place, and in colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from dreamrender.schedule import Schedule, never
from dreamrender.types import Images


@dataclass(frozen=True)
class Augmentation:
    """How cuts differ. Lengths are shares of the picture's side: 1 is all of it, 1.25 reaches beyond."""

    zoom: tuple[float, float] = (0.5, 1.0)
    """Least and greatest side of a cut."""
    power: float = 1.0
    """Sides are drawn as least + (greatest - least) · U^power: above 1 more are small, below 1 fewer."""
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
    more_noise: Schedule = never
    """Standard deviation of pixel noise on every cut, by progress, besides the others."""
    grey_noise: Schedule = never
    """Standard deviation of noise that is equal in all channels, by progress (CLIPig's `bwnoise`)."""


def colour(cuts: Images, how: Augmentation, generator: torch.Generator, t: float) -> Images:
    """Brightness, channel gains, contrast, mean and noise, in this order."""
    draw = Draws(generator)
    count = len(cuts)
    if how.brightness or how.channels:
        gains = 1 + how.channels * draw.uniform(-1, 1, count, 3, 1, 1)
        cuts = cuts * gains + how.brightness * draw.uniform(-1, 1, count, 1, 1, 1)
    if how.gain != 1:
        cuts = cuts * how.gain
    if how.mean is not None:
        cuts = cuts + (how.mean - cuts.mean((2, 3), keepdim=True))
    steady = how.steady_noise + how.more_noise(t)
    if how.noise or steady:
        loudness = steady + how.noise * draw.uniform(0, 1, count, 1, 1, 1)
        cuts = cuts + loudness * draw.normal(*cuts.shape)
    if grey := how.grey_noise(t):
        cuts = cuts + grey * draw.normal(count, 1, *cuts.shape[-2:])
    return cuts


@dataclass(frozen=True)
class Draws:
    """Random numbers of one generator."""

    generator: torch.Generator

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        """Evenly between two bounds."""
        device = self.generator.device
        return low + (high - low) * torch.rand(shape, generator=self.generator, device=device)

    def normal(self, *shape: int) -> Tensor:
        """Mean 0, standard deviation 1."""
        return torch.randn(shape, generator=self.generator, device=self.generator.device)
