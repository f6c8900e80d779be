"""Styles of a StyleGAN. Pushed are whitened ones, q = (w - mean) / spread: a row a layer, or one for all."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from dreamrender.canvas import clamp_with_gradient
from dreamrender.canvases.squares import middle
from dreamrender.stylegan.files import Generator
from dreamrender.types import Image

CALM = 0.7
"""How far from the average style a start lies, of the way that a random one does (truncation ψ)."""

Whitened = Float[Tensor, "rows w"]


class Styles:
    """Whitened styles; `rows` is 1 (W) or the generator's own (W+)."""

    def __init__(self, model: Generator, size: tuple[int, int], rows: int) -> None:
        self.model = model
        self.start: Image | None = None
        """What to approach before the first step."""
        self.height, self.width = size
        self.q = model.mean.new_zeros((rows, len(model.mean))).requires_grad_()

    def parameters(self) -> list[dict[str, Any]]:
        """The styles."""
        return [{"params": [self.q], "lr": 1.0}]

    def put(self, q: Float[Tensor, " w"]) -> None:
        """One style for all rows."""
        self.q.data = q.expand_as(self.q).clone()

    def candidates(self, count: int, generator: torch.Generator) -> Float[Tensor, "count w"]:
        """Whitened styles of random pictures, calmed."""
        styles = self.model.styles(count, generator)
        return CALM * (styles - self.model.mean) / self._spread

    def image(self) -> Image:
        """The middle of what the generator makes of them."""
        styles = (self.model.mean + self.q * self._spread).expand(self.model.rows, -1)
        return clamp_with_gradient(middle(self.model.paint(styles), self.height, self.width))

    def prepare(self, t: float) -> bool:
        """Nothing changes on the way."""
        return False

    def settle(self) -> None:
        """Leaves may be anywhere."""

    @property
    def _spread(self) -> Tensor:
        return self.model.spread.clamp_min(1e-6)
