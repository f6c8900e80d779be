"""A picture as a sum of bilinear levels, coarse to fine: shapes come first, then detail.

Every level sees every gradient, but the coarse ones have fewer numbers and a larger step, so composition and colour
settle early and the finest level only adds what the others cannot say. What plain pixels lack, natural pictures
have: most of their energy is coarse.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from dreamrender.canvas import clamp_with_gradient
from dreamrender.types import Image

COARSEST = 6
"""Short side of the first level in pixels; each next one doubles it."""


class Levels:
    """Levels with short sides 6, 12, 24, … up to the picture's own, any width and height."""

    def __init__(self, levels: list[Tensor], height: int, width: int) -> None:
        self.height, self.width = height, width
        self.levels = [level.detach().clone().requires_grad_() for level in levels]

    @classmethod
    def drawn(cls, height: int, width: int, generator: torch.Generator, spread: float = 0.05) -> Levels:
        """Middle grey with soft noise; each level's standard deviation is `spread`/√(its index + 1)."""
        shapes = level_shapes(height, width)
        device = generator.device
        levels = [
            torch.randn((3, *shape), generator=generator, device=device) * (spread / math.sqrt(index + 1))
            for index, shape in enumerate(shapes)
        ]
        levels[0] += 0.5
        return cls(levels, height, width)

    @classmethod
    def of(cls, image: Image) -> Levels:
        """Levels that add up to a picture, as sharp as the finest of them."""
        height, width = image.shape[-2:]
        levels, rest = [], image
        for shape in level_shapes(height, width):
            level = F.interpolate(rest[None], shape, mode="area")[0]
            levels.append(level)
            rest = rest - _grown(level, height, width)
        return cls(levels, height, width)

    def parameters(self) -> list[dict[str, Any]]:
        """One group a level; its learning rate is 1/√(short side)."""
        return [{"params": [level], "lr": 1 / math.sqrt(min(level.shape[-2:]))} for level in self.levels]

    def image(self) -> Image:
        """The sum of all levels, clamped to [0, 1]."""
        total = torch.stack([_grown(level, self.height, self.width) for level in self.levels]).sum(0)
        return clamp_with_gradient(total)

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


def _grown(level: Tensor, height: int, width: int) -> Tensor:
    return F.interpolate(level[None], (height, width), mode="bilinear", align_corners=False)[0]
