"""A palette: how far a picture's colours are from the ones it may have, as an eye sees it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from dreamrender.losses import Scalar
from dreamrender.types import Images

LOOKED_AT = 128
"""Short side in pixels that pictures are reduced to."""
SOFTNESS = 0.02
"""Of the choice between colours, in Oklab's lengths: black and white are 1 apart, hues at most 0.4."""

_TO_CONES = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
_TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)
_DARK = 1e-4
"""Light below which the root is a straight line."""


class Palette:
    """Colours as #rrggbb; as a loss, the mean distance in Oklab of each pixel and the nearest of them."""

    def __init__(self, colours: Sequence[str]) -> None:
        values = [[int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)] for colour in colours]
        self.colours: Float[Tensor, "colours 3"] = oklab(torch.tensor(values).T[None, :, :, None])[
            0, :, :, 0
        ].T

    def __call__(self, images: Images) -> Scalar:
        """The softened minimum -s·log Σ exp(-d/s), so that pixels between two colours are pulled by both."""
        height, width = images.shape[-2:]
        scale = min(1.0, LOOKED_AT / min(height, width))
        size = max(1, round(height * scale)), max(1, round(width * scale))
        if size != (height, width):
            images = F.interpolate(images, size, mode="bilinear", antialias=True, align_corners=False)
        apart = oklab(images)[:, :, None] - self.colours.to(images.device).T[None, :, :, None, None]
        distance = (apart.square().sum(1) + 1e-8).sqrt()
        return (-SOFTNESS * torch.logsumexp(-distance / SOFTNESS, 1)).mean()


def oklab(images: Images) -> Images:
    """sRGB in [0, 1] as Oklab (Ottosson 2020): lightness in [0, 1], green-red, blue-yellow."""
    images = images.clamp_min(0)
    steep = ((images.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4
    linear = torch.where(images <= 0.04045, images / 12.92, steep)
    cones = torch.einsum("ij,njhw->nihw", torch.tensor(_TO_CONES, device=images.device), linear)
    root = cones.clamp_min(_DARK) ** (1 / 3)
    felt = torch.where(cones > _DARK, root, cones * _DARK ** (-2 / 3))  # at 0 the root's slope has no bound
    return torch.einsum("ij,njhw->nihw", torch.tensor(_TO_LAB, device=images.device), felt)
