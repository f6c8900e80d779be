"""Relaxed one-hots: in every place of a grid a share of each code (Jang et al. 2017, Gumbel-softmax)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from dreamrender.canvas import clamp_with_gradient
from dreamrender.dvae import FACTOR, Decoder, Encoder, Logits
from dreamrender.types import Image

WARM, COOL = 2.0, 1.0
"""Temperature of the softmax at the first step and at the last."""


class OneHots:
    """Logits (1, codes, ⌈height/8⌉, ⌈width/8⌉). While a step looks, Gumbel's noise is on them.

    `hard`: only the winning code of each place is decoded, and the gradient is that of the shares. Between
    steps there is no noise, and the shares are those of the last temperature.
    """

    def __init__(
        self,
        decoder: Decoder,
        logits: Logits,
        size: tuple[int, int],
        generator: torch.Generator,
        *,
        hard: bool = False,
    ) -> None:
        self.decoder, self.hard = decoder, hard
        self.height, self.width = size
        self.logits = logits.detach().clone().requires_grad_()
        self._generator = generator
        self._noise: Tensor | None = None
        self._heat = COOL

    def parameters(self) -> list[dict[str, Any]]:
        """The logits."""
        return [{"params": [self.logits], "lr": 1.0}]

    @property
    def shares(self) -> Logits:
        """What each code counts for in each place."""
        logits = self.logits if self._noise is None else self.logits + self._noise
        soft = (logits / self._heat).softmax(1)
        if not self.hard:
            return soft
        chosen = torch.zeros_like(soft).scatter(1, soft.argmax(1, keepdim=True), 1.0)
        return chosen - soft.detach() + soft

    def image(self) -> Image:
        """The shares, decoded."""
        return clamp_with_gradient(self.decoder(self.shares)[0, :, : self.height, : self.width])

    def prepare(self, t: float) -> bool:
        """Gumbel's noise and this step's temperature."""
        self._heat = temperature(t)
        self._noise = gumbel(self.logits, self._generator)
        return False

    def settle(self) -> None:
        """Neither noise nor warmth between steps."""
        self._noise, self._heat = None, COOL


def temperature(t: float) -> float:
    """From `WARM` to `COOL`, by equal factors."""
    return float(WARM * (COOL / WARM) ** t)


def gumbel(like: Tensor, generator: torch.Generator) -> Tensor:
    """Gumbel's noise, -log(-log u), of a tensor's shape."""
    drawn = torch.empty_like(like).exponential_(generator=generator)
    return -drawn.clamp_min(1e-20).log()


def drawn_logits(decoder: Decoder, height: int, width: int, generator: torch.Generator) -> Logits:
    """Standard normal numbers, (1, codes, ⌈height/8⌉, ⌈width/8⌉)."""
    rows, columns = -(-height // FACTOR), -(-width // FACTOR)
    return torch.randn((1, decoder.codes, rows, columns), generator=generator, device=generator.device)


@torch.no_grad()
def logits_of(encoder: Encoder, image: Image) -> Logits:
    """What a picture encodes to; edges are repeated up to a whole number of codes."""
    height, width = image.shape[-2:]
    logits: Logits = encoder(F.pad(image[None], (0, -width % FACTOR, 0, -height % FACTOR), mode="replicate"))
    return logits
