"""A picture as a sum of bilinear levels, coarse to fine, in decorrelated colours: shapes and light first.

Every level sees every gradient, but the coarse ones have fewer numbers and a larger step, so composition and
colour settle early and the finest level only adds what the others cannot say. What plain pixels lack, natural
pictures have: most of their energy is coarse, and most of it is light rather than colour.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from dreamrender.canvas import clamp_with_gradient, scaled
from dreamrender.types import Image

COARSEST = 6
"""Short side of the first level in pixels; each next one doubles it."""

COLOURS = ((0.97, 0.33, 0.07), (1.00, 0.00, -0.19), (1.00, -0.33, 0.10))
"""RGB of light, orange-blue and green-magenta: the principal colours of photographs, by how much they vary
there (Olah et al. 2017, Feature Visualization), scaled so that light counts fully."""


class Levels:
    """Levels with short sides 6, 12, 24, … up to the picture's own, any width and height.

    `slope` says how much smaller the steps of finer levels are: factor (6 / short side)^slope.
    """

    def __init__(self, levels: list[Tensor], height: int, width: int, slope: float = 1.0) -> None:
        self.height, self.width = height, width
        self.size = height, width
        """What it is steered at."""
        self.slope = slope
        self.levels = [level.detach().clone().requires_grad_() for level in levels]
        self._colours = torch.tensor(COLOURS, device=levels[0].device)

    @classmethod
    def drawn(cls, height: int, width: int, generator: torch.Generator, spread: float = 0.05) -> Levels:
        """Middle grey with soft noise: standard deviation `spread` on the coarsest level, less on finer."""
        device = generator.device
        levels = [
            torch.randn((3, *shape), generator=generator, device=device) * (spread / (index + 1))
            for index, shape in enumerate(level_shapes(height, width))
        ]
        return cls(levels, height, width)

    @classmethod
    def of(cls, image: Image) -> Levels:
        """Levels that add up to a picture, as sharp as the finest of them."""
        height, width = image.shape[-2:]
        inverse = torch.linalg.inv(torch.tensor(COLOURS, device=image.device))
        colours = torch.einsum("ij,jhw->ihw", inverse, image - 0.5)[None]
        sizes = [F.interpolate(colours, shape, mode="area")[0] for shape in level_shapes(height, width)]
        levels = [size - _grown(coarser, size.shape[-2:]) for coarser, size in pairwise(sizes)]
        levels.insert(0, sizes[0])
        return cls(levels, height, width)

    def parameters(self) -> list[dict[str, Any]]:
        """One group a level, the coarsest first with factor 1."""
        return [
            {"params": [level], "lr": (COARSEST / min(level.shape[-2:])) ** self.slope}
            for level in self.levels
        ]

    def image(self) -> Image:
        """The sum of the levels that its size can show, as RGB, clamped to [0, 1]."""
        return clamp_with_gradient(self.unclamped())

    def unclamped(self) -> Image:
        """That sum as it is."""
        total: Tensor = self.levels[0]
        for level in self.levels[1:]:
            if min(level.shape[-2:]) <= min(self.size):
                total = _grown(total, level.shape[-2:]) + level
        total = _grown(total, self.size)
        return 0.5 + torch.einsum("ij,jhw->ihw", self._colours, total)

    def scale(self, share: float) -> bool:
        """Finer levels wait as they are; the optimiser passes over them."""
        self.size = scaled(self.height, self.width, share)
        return False

    def prepare(self, t: float) -> bool:
        """Nothing changes on the way."""
        return False

    def settle(self) -> None:
        """Leaves may be anywhere."""


def level_shapes(height: int, width: int) -> list[tuple[int, int]]:
    """(height, width) of each level, coarsest first."""
    short = min(height, width)
    sides = [COARSEST * 2**power for power in range(16) if COARSEST * 2**power <= short]
    return [(max(1, round(height * side / short)), max(1, round(width * side / short))) for side in sides]


def _grown(level: Tensor, size: tuple[int, int] | torch.Size) -> Tensor:
    return F.interpolate(level[None], tuple(size), mode="bilinear", align_corners=False)[0]
