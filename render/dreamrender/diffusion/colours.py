"""A matrix from latents to colours, for quick looks where there is no tiny decoder."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from dreamrender.types import Images

PICTURES, PATCHES, SIDE = 4, 8, 2
"""Patchworks that the matrix is fitted to, at least; patches along a side; side of a patch in latents."""
SAMPLES = 4
"""Patches for each unknown of the matrix, at least."""

Matrix = Float[Tensor, "channels_and_one 3"]


@torch.no_grad()
def fitted(
    channels: int,
    decode: Callable[[Tensor], Images],
    draw: Callable[[torch.Generator], Tensor] | None = None,
    embed: Callable[[Tensor], Tensor] = lambda drawn: drawn,
) -> Matrix:
    """Least squares from latents to the colours that they decode to, on patchworks.

    `draw` gives patches (1, ..., 8, 8) of whatever `decode` takes, `embed` their latents: by itself both are
    normal with variance 1, as diffusion has them. Squares of one colour would not do: norms within a decoder
    see the whole picture, and such a one is none that they know.
    """
    generator = torch.Generator().manual_seed(0)
    shape = 1, channels, PATCHES, PATCHES
    seen, colours = [], []
    for _ in range(max(PICTURES, ceil(SAMPLES * (channels + 1) / PATCHES**2))):
        patches = torch.randn(shape, generator=generator) if draw is None else draw(generator)
        images = decode(patches.repeat_interleave(SIDE, -2).repeat_interleave(SIDE, -1))
        seen.append(embed(patches).flatten(2)[0].T.cpu().double())
        colours.append(F.adaptive_avg_pool2d(images, PATCHES).flatten(2)[0].T.cpu().double())
    known = torch.cat(seen)
    known = torch.cat([known, known.new_ones(len(known), 1)], dim=1)
    solved: Tensor = torch.linalg.lstsq(known, torch.cat(colours)).solution
    return solved.float()


def coloured(matrix: Matrix, latents: Tensor) -> Images:
    """One pixel a latent, about RGB in [0, 1]; latents (N, channels, h, w)."""
    own = matrix.to(latents.device)
    colours: Images = torch.einsum("nchw,cd->ndhw", latents.float(), own[:-1])
    offset: Images = own[-1][None, :, None, None]
    return colours + offset
