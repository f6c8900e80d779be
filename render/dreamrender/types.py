"""The shapes that cross module boundaries."""

from __future__ import annotations

from jaxtyping import Float
from torch import Tensor

Image = Float[Tensor, "3 height width"]
"""One picture, RGB in [0, 1]."""

Images = Float[Tensor, "batch 3 height width"]
"""Pictures of one size, RGB in [0, 1]."""

Embeddings = Float[Tensor, "batch dim"]
"""Unit vectors in a critic's shared space of pictures and words."""

Cells = tuple[tuple[int, int, int, int], ...]
"""Where pictures lie on another one: left, top, right, bottom in pixels."""
