"""Plain pixel planes whose number may change on the way: CLIPig's canvas."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional as F

from dreamrender.canvas import resized, scaled
from dreamrender.losses import gaussian_blur
from dreamrender.types import Image


class Planes:
    """Three planes of pixels in [0, 1]. While t < `blur_until` they are blurred before each step."""

    def __init__(self, pixels: Image, *, blur_until: float = 0.0, blur_side: int = 3) -> None:
        self.height, self.width = pixels.shape[-2:]
        self.blur_until, self.blur_side = blur_until, blur_side
        self.pixels = _leaf(pixels)

    def parameters(self) -> list[dict[str, Any]]:
        """The pixels."""
        return [{"params": [self.pixels], "lr": 1.0}]

    def image(self) -> Image:
        """The pixels, clamped, at the size they have now."""
        return self.pixels.clamp(0, 1)

    def scale(self, share: float) -> bool:
        """Other pixels, and a new optimiser for them, as in CLIPig; detail that goes does not come back."""
        size = scaled(self.height, self.width, share)
        if size == self.pixels.shape[-2:]:
            return False
        self.pixels = _leaf(resized(self.pixels.detach(), *size))
        return True

    def prepare(self, t: float) -> bool:
        """Blur while it is early."""
        with torch.no_grad():
            if t < self.blur_until:
                self.pixels.copy_(gaussian_blur(self.pixels[None], self.blur_side)[0])
        return False

    def settle(self) -> None:
        """Put pixels back into [0, 1]: a clamped one outside would feel no gradient."""
        with torch.no_grad():
            self.pixels.clamp_(0, 1)


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
