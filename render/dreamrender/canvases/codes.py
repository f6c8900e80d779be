"""A grid of a VQGAN's codes: what the critic pushes in VQGAN+CLIP (Crowson et al. 2022).

Between steps the grid holds any vectors. A picture is decoded from the nearest codes, and the gradient of the
codes moves the vectors, until another code is the nearest.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from dreamrender.canvas import clamp_with_gradient, resized, scaled
from dreamrender.types import Image
from dreamrender.vqgan import VQGAN, Latents

COARSEST = 4
"""Fewest cells along the short side of a level."""


class Codes:
    """Vectors (1, e, ⌈height/f⌉, ⌈width/f⌉), kept within the codebook's range.

    `unit` is the length that learning rates are measured in. With a `slope` the grid is the sum of levels,
    each half as fine as the next, whose steps are smaller the finer they are: factor (coarsest / short
    side)^slope. A fine grid of a small network needs that to find shapes before texture.
    """

    def __init__(
        self,
        model: VQGAN,
        z: Latents,
        size: tuple[int, int],
        *,
        unit: float = 1.0,
        slope: float | None = None,
    ) -> None:
        self.model = model
        self.height, self.width = size
        self.size = size
        """What it is steered at."""
        self.unit, self.slope = unit, slope or 0.0
        self._layered = slope is not None
        self.levels = self._levels(z)
        book = model.codebook
        self.lowest = book.min(dim=0).values[None, :, None, None]
        self.highest = book.max(dim=0).values[None, :, None, None]

    def parameters(self) -> list[dict[str, Any]]:
        """One group a level, the coarsest first."""
        sides = [min(level.shape[-2:]) for level in self.levels]
        return [
            {"params": [level], "lr": self.unit * (sides[0] / side) ** self.slope}
            for level, side in zip(self.levels, sides, strict=True)
        ]

    @property
    def z(self) -> Latents:
        """The grid: the sum of its levels."""
        *coarse, total = self.levels
        for level in coarse:
            total = total + F.interpolate(level, total.shape[-2:], mode="bilinear", align_corners=False)
        return total

    def image(self) -> Image:
        """The nearest codes, decoded."""
        return clamp_with_gradient(self.unclamped())

    def unclamped(self) -> Image:
        """The nearest codes as the decoder gives them."""
        pixels = self.model.decode(self.model.quantise(self.z))[0]
        height, width = self.size
        return pixels[:, :height, :width]

    @torch.no_grad()
    def scale(self, share: float) -> bool:
        """The picture at another size, encoded again: a code stands for as many pixels as before.

        Sizes are whole numbers of codes, but for the full one.
        """
        f = self.model.factor
        rows, columns = scaled(-(-self.height // f), -(-self.width // f), share, COARSEST)
        size = (self.height, self.width) if share == 1 else (rows * f, columns * f)
        if size == self.size:
            return False
        image = resized(self.image(), *size)
        self.size = size
        self.levels = self._levels(codes_of(self.model, image))
        return True

    def prepare(self, t: float) -> bool:
        """Nothing changes on the way."""
        return False

    @torch.no_grad()
    def settle(self) -> None:
        """Back into the box that the codebook spans, channel by channel."""
        z = self.z
        self.levels[-1].sub_(z - z.clamp(self.lowest, self.highest))

    def _levels(self, z: Latents) -> list[Tensor]:
        """A grid as levels whose coarse ones say nothing yet."""
        shapes = coarser(z.shape[-2], z.shape[-1]) if self._layered else []
        coarse = [z.new_zeros((*z.shape[:2], *shape)) for shape in shapes]
        return [level.detach().clone().requires_grad_() for level in (*coarse, z)]


def random_codes(model: VQGAN, height: int, width: int, generator: torch.Generator) -> Latents:
    """(1, e, ⌈height/f⌉, ⌈width/f⌉), codes drawn uniformly."""
    rows, columns = (-(-side // model.factor) for side in (height, width))
    book = model.codebook
    chosen = torch.randint(len(book), (1, rows, columns), generator=generator, device=generator.device)
    return F.embedding(chosen, book).movedim(-1, 1)


@torch.no_grad()
def codes_of(model: VQGAN, image: Image) -> Latents:
    """What a picture encodes to; edges are repeated up to a whole number of codes."""
    height, width = image.shape[-2:]
    right, below = -width % model.factor, -height % model.factor
    return model.encode(F.pad(image[None], (0, right, 0, below), mode="replicate"))


def coarser(rows: int, columns: int) -> list[tuple[int, int]]:
    """(rows, columns) of the levels below a grid, coarsest first, each half the next."""
    shapes: list[tuple[int, int]] = []
    while min(rows, columns) >= 2 * COARSEST:
        rows, columns = -(-rows // 2), -(-columns // 2)
        shapes.insert(0, (rows, columns))
    return shapes
