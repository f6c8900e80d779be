"""Plain pixel planes whose resolution may grow on the way: CLIPig's canvas."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch.nn import functional as F

from dreamrender.losses import gaussian_blur
from dreamrender.types import Image


class Planes:
    """Three planes of pixels in [0, 1].

    `short_side` gives the short side in pixels by progress; None is full size from the start. A change
    resizes the pixels and asks for a new optimiser. While t < `blur_until` the pixels are blurred before each
    step.
    """

    def __init__(
        self,
        pixels: Image,
        *,
        short_side: Callable[[float], int | None] = lambda t: None,
        blur_until: float = 0.0,
        blur_side: int = 3,
    ) -> None:
        self.height, self.width = pixels.shape[-2:]
        self.short_side = short_side
        self.blur_until, self.blur_side = blur_until, blur_side
        self.pixels = _leaf(pixels)

    def parameters(self) -> list[dict[str, Any]]:
        """The pixels."""
        return [{"params": [self.pixels], "lr": 1.0}]

    def image(self) -> Image:
        """The pixels, clamped, at the size they have now."""
        return self.pixels.clamp(0, 1)

    def prepare(self, t: float) -> bool:
        """Blur while it is early; grow when the schedule says so."""
        with torch.no_grad():
            if t < self.blur_until:
                self.pixels.copy_(gaussian_blur(self.pixels[None], self.blur_side)[0])
        shape = self._shape(t)
        if shape == self.pixels.shape[-2:]:
            return False
        grown = F.interpolate(
            self.pixels.detach()[None], shape, mode="bicubic", antialias=True, align_corners=False
        )
        self.pixels = _leaf(grown[0].clamp(0, 1))
        return True

    def settle(self) -> None:
        """Put pixels back into [0, 1]: a clamped one outside would feel no gradient."""
        with torch.no_grad():
            self.pixels.clamp_(0, 1)

    def _shape(self, t: float) -> tuple[int, int]:
        wanted, full = self.short_side(t), min(self.height, self.width)
        if wanted is None or wanted >= full:
            return self.height, self.width
        return max(1, round(self.height * wanted / full)), max(1, round(self.width * wanted / full))


def noise(
    height: int,
    width: int,
    generator: torch.Generator,
    *,
    mean: float,
    spread: float,
    short_side: int | None = None,
) -> Image:
    """Pixel noise of a mean and standard deviation, drawn at `short_side` and scaled up bilinearly."""
    full = min(height, width)
    side = min(short_side or full, full)
    shape = max(1, round(height * side / full)), max(1, round(width * side / full))
    pixels = mean + spread * torch.randn((3, *shape), generator=generator, device=generator.device)
    if shape != (height, width):
        pixels = F.interpolate(pixels[None], (height, width), mode="bilinear", align_corners=False)[0]
    return pixels.clamp(0, 1)


def _leaf(pixels: Image) -> Image:
    return pixels.detach().clone().requires_grad_()
