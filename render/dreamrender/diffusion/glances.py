"""Quick looks at latents: by a tiny decoder where there is one, else by a matrix from latents to colours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import Tensor

from dreamrender.diffusion.colours import coloured, fitted
from dreamrender.diffusion.upstream import AutoencoderTiny
from dreamrender.types import Images

if TYPE_CHECKING:
    from dreamrender.diffusion.families.family import Family

Glance: TypeAlias = Callable[[Tensor], Images]
"""From latents (N, channels, h, w) to pictures, about RGB in [0, 1]."""


def glance_of(family: Family, tiny: torch.nn.Module | None) -> Glance:
    """By the family's own autoencoder if that is tiny, by `tiny` if there is one, else by a fitted matrix."""
    if isinstance(family.pipeline.vae, AutoencoderTiny):
        return family.decode
    if tiny is not None:
        return partial(by_decoder, tiny)
    matrix = fitted(family.channels, lambda latents: family.decode(latents.to(family.device)))
    return partial(coloured, matrix)


def by_decoder(tiny: Any, latents: Tensor) -> Images:
    """Pictures, RGB in [0, 1] or a little beyond, float32; differentiable."""
    scaled = (latents.float() / tiny.config.scaling_factor).to(tiny.device, tiny.dtype)
    images: Images = tiny.decode(scaled, return_dict=False)[0].float() / 2 + 0.5
    return images
