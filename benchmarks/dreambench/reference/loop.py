"""The loop: codes, decoder, cutouts, CLIP, distance, Adam (Crowson et al. 2022; the script of 2021)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as F

from dreambench.reference.augment import augmented, pooled_cuts

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)

Cutouts: TypeAlias = Callable[[Tensor], Tensor]
"""A picture (1, 3, H, W) → what CLIP is shown of it, (cuts, 3, side, side)."""


class Clamp(torch.autograd.Function):
    """Clamp to [0, 1]; a gradient that leads back inside passes."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """The clamped values."""
        ctx.save_for_backward(x)
        return x.clamp(0, 1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> Tensor:
        """The gradient, zero where it would push further out."""
        (gradient,), (x,) = gradients, ctx.saved_tensors
        passed: Tensor = gradient * (gradient * (x - x.clamp(0, 1)) >= 0)
        return passed


class PlainLoop:
    """One picture being painted. `decoder` maps (1, e, h, w) to raw pixels in about [-1, 1].

    `encode_image` maps normalised pictures to embeddings; `text` is (1, dim). The networks' weights need no
    gradients, as in the script.
    """

    def __init__(
        self,
        decoder: Callable[[Tensor], Tensor],
        codebook: Tensor,
        encode_image: Callable[[Tensor], Tensor],
        text: Tensor,
        z: Tensor,
        *,
        cuts: int = 32,
        side: int = 224,
        seed: int = 0,
    ) -> None:
        self.decoder, self.codebook, self.encode_image, self.text = decoder, codebook, encode_image, text
        self.z = z.clone().requires_grad_()
        self.optimiser = torch.optim.Adam([self.z], lr=0.1)
        self.lowest = codebook.min(dim=0).values[None, :, None, None]
        self.highest = codebook.max(dim=0).values[None, :, None, None]
        self.generator = torch.Generator(z.device).manual_seed(seed)
        self.count, self.side = cuts, side

    def cutouts(self, image: Tensor) -> Tensor:
        """Pooled, then augmented."""
        return augmented(pooled_cuts(image, self.count, self.side), self.generator)

    def image(self) -> Tensor:
        """(1, 3, H, W) in [0, 1], decoded from the nearest codes."""
        rows = self.z.movedim(1, 3).reshape(-1, self.codebook.shape[1])
        distances = (
            (rows**2).sum(dim=1, keepdim=True) + (self.codebook**2).sum(dim=1) - 2 * rows @ self.codebook.T
        )
        codes = F.one_hot(distances.argmin(dim=1), len(self.codebook)).to(rows.dtype) @ self.codebook
        quantised = codes.view(*self.z.movedim(1, 3).shape).movedim(3, 1)
        through = self.z + (quantised - self.z).detach()
        image: Tensor = Clamp.apply((self.decoder(through) + 1) / 2)  # type: ignore[no-untyped-call]
        return image

    def loss(self, cutouts: Cutouts) -> Tensor:
        """Mean spherical distance of what CLIP sees in the cuts and the text."""
        cuts = cutouts(self.image())
        mean, std = (cuts.new_tensor(values).view(1, 3, 1, 1) for values in (MEAN, STD))
        seen = F.normalize(self.encode_image((cuts - mean) / std), dim=-1)
        distance: Tensor = 2 * ((seen - F.normalize(self.text, dim=-1)).norm(dim=-1) / 2).arcsin() ** 2
        return distance.mean()

    def gradient(self, cutouts: Cutouts | None = None) -> Tensor:
        """Of the loss, by the codes: (1, e, h, w)."""
        (found,) = torch.autograd.grad(self.loss(cutouts or self.cutouts), self.z)
        return found

    def step(self) -> None:
        """One step of Adam, then back into the box that the codebook spans."""
        self.optimiser.zero_grad(set_to_none=True)
        self.loss(self.cutouts).backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        with torch.no_grad():
            self.z.copy_(self.z.maximum(self.lowest).minimum(self.highest))
