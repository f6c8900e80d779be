"""DeepDream's canvas: a picture, and detail dreamt into it at growing sizes (Mordvintsev et al. 2015).

Each octave is `RATIO` times larger than the one before. What was dreamt at one is scaled up and added to the
picture at the next, so that the picture's own detail is never lost to the scaling.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from dreamrender.canvas import clamp_with_gradient, resized, scaled
from dreamrender.canvases.levels import COLOURS, level_shapes
from dreamrender.types import Image

RATIO = 1.4
"""From one octave to the next."""
SMALLEST = 64
"""Short side of the first octave, unless the picture is smaller."""
LARGEST = 512
"""Short side of the last one at most: beyond, detail is scaled up."""


class Octaves:
    """The picture dreamt upon, (3, height, width), and `detail` at the size of the present octave."""

    def __init__(self, base: Image) -> None:
        self.base = base.detach()
        self.height, self.width = base.shape[-2:]
        self.sizes = octave_sizes(self.height, self.width)
        self._share = 1.0
        self.detail = torch.zeros(3, *self.sizes[0], device=base.device, requires_grad=True)

    def parameters(self) -> list[dict[str, Any]]:
        """The detail."""
        return [{"params": [self.detail], "lr": 1.0}]

    def image(self) -> Image:
        """The picture with its detail at the size of the octave."""
        height, width = self.detail.shape[-2:]
        return clamp_with_gradient(resized(self.base, height, width) + self.detail)

    @torch.no_grad()
    def rendered(self, height: int, width: int) -> Image:
        """The picture with its detail at any size."""
        return (resized(self.base, height, width) + _scaled(self.detail, (height, width))).clamp(0, 1)

    def scale(self, share: float) -> bool:
        """A share of every octave, from the next `prepare` on."""
        self._share = share
        return False

    def prepare(self, t: float) -> bool:
        """Go on to the next octave when its time has come; all take as many steps."""
        size = self.sizes[min(int(t * len(self.sizes)), len(self.sizes) - 1)]
        size = scaled(*size, self._share)
        if size == self.detail.shape[-2:]:
            return False
        self.detail = _scaled(self.detail.detach(), size).requires_grad_()
        return True

    def settle(self) -> None:
        """Detail that would leave [0, 1] is forgotten."""
        with torch.no_grad():
            base = resized(self.base, *self.detail.shape[-2:])
            self.detail.copy_((base + self.detail).clamp(0, 1) - base)


def octave_sizes(height: int, width: int) -> list[tuple[int, int]]:
    """(height, width) of each octave, the smallest first, the last one at most the picture's own."""
    scale = min(1.0, LARGEST / min(height, width))
    sizes = [(max(1, round(height * scale)), max(1, round(width * scale)))]
    while min(sizes[0]) / RATIO >= SMALLEST:
        scale /= RATIO
        sizes.insert(0, (round(height * scale), round(width * scale)))
    return sizes


def clouds(height: int, width: int, generator: torch.Generator, spread: float = 0.12) -> Image:
    """Soft coloured noise, each finer scale 0.6 times as strong: for dreaming without a picture."""
    total = torch.zeros(3, height, width, device=generator.device)
    for level, shape in enumerate(level_shapes(height, width)):
        drawn = 0.6**level * torch.randn((3, *shape), generator=generator, device=generator.device)
        total += F.interpolate(drawn[None], (height, width), mode="bilinear", align_corners=False)[0]
    planes = spread * total / total.std().clamp_min(1e-6)
    colours = torch.tensor(COLOURS, device=generator.device)
    return (0.5 + torch.einsum("ij,jhw->ihw", colours, planes)).clamp(0, 1)


def _scaled(detail: Tensor, size: tuple[int, int]) -> Tensor:
    return F.interpolate(detail[None], size, mode="bicubic", align_corners=False)[0]
