"""Quick looks at latents: by a tiny decoder where there is one, else by a matrix from latents to colours."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias

import torch
from torch import Tensor

from dreamrender.diffusion.library import AutoencoderTiny
from dreamrender.types import Images

if TYPE_CHECKING:
    from dreamrender.diffusion.families.family import Family

Glance: TypeAlias = Callable[[Tensor], Images]
"""From latents (N, channels, h, w) to pictures, about RGB in [0, 1]."""

SAMPLES, SIDE = 32, 4
"""Flat squares of latents that a matrix is fitted to, and their side."""


def glance_of(family: Family, tiny: torch.nn.Module | None) -> Glance:
    """By the family's own autoencoder if that is tiny, by `tiny` if there is one, else by a fitted matrix."""
    if isinstance(family.pipeline.vae, AutoencoderTiny):
        return family.decode
    if tiny is not None:
        return partial(by_decoder, tiny)
    return _matrix(family)


def by_decoder(tiny: Any, latents: Tensor) -> Images:
    """Pictures, RGB in [0, 1] or a little beyond, float32; differentiable."""
    scaled = (latents.float() / tiny.config.scaling_factor).to(tiny.device, tiny.dtype)
    images: Images = tiny.decode(scaled, return_dict=False)[0].float() / 2 + 0.5
    return images


@torch.no_grad()
def _matrix(family: Family) -> Glance:
    """Least squares from flat latents, normal with variance 1, to the mean colour that they decode to.

    A latent's colour is nearly linear in its channels, so a matrix fitted to a model's own decoder once, on a
    few small squares, shows what is forming for nothing.
    """
    generator = torch.Generator().manual_seed(0)
    flat = torch.randn(SAMPLES, family.channels, 1, 1, generator=generator).to(family.device)
    colours = family.decode(flat.expand(-1, -1, SIDE, SIDE)).mean((2, 3)).cpu().double()
    known = torch.cat([flat[:, :, 0, 0].cpu().double(), torch.ones(SAMPLES, 1).double()], dim=1)
    fitted = torch.linalg.lstsq(known, colours).solution.float().to(family.device)

    def glance(latents: Tensor) -> Images:
        shown: Images = torch.einsum("nchw,cd->ndhw", latents.float(), fitted[:-1])
        offset: Images = fitted[-1][None, :, None, None]
        return shown + offset

    return glance
