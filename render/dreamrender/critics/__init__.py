"""The critic: scores pictures against words. One interface, several makers, loaded by catalogue name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from torch import Tensor

from dreamrender.types import Embeddings, Images


class Critic(Protocol):
    """A CLIP: pictures and words as unit vectors in one space. Frozen; gradients flow to the pixels only."""

    name: str
    image_size: int
    """Side in pixels of the square cutouts it looks at."""
    dim: int
    """Length of its embeddings."""
    max_tokens: int
    """Longest text it reads whole."""

    def encode_images(self, images: Images) -> Embeddings:
        """Unit embeddings of RGB pictures in [0, 1], (N, 3, H, W) → (N, dim); differentiable."""

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        """Unit embeddings of texts, (N, dim); no gradient."""

    def tokens(self, text: str) -> int:
        """How many of its tokens a text takes; more than `max_tokens` is cut."""


@runtime_checkable
class HasLayers(Protocol):
    """A critic whose image tower can be watched at work: what DeepDream needs."""

    layers: Sequence[str]
    """Names of its layers, shallow to deep."""

    def features(self, images: Images, layer: str) -> Tensor:
        """Activations of a layer for RGB pictures in [0, 1], (N, …); differentiable.

        A tower with one fixed side resizes the pictures first.
        """
