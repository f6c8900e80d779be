"""Aims: what a critic steers a picture towards and away from, as it sees it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from dreamqueue.recipe import Recipe
from dreamrender.critics import Critic
from dreamrender.losses import Scalar, at_rest, prompt_loss, weighted_cosine
from dreamrender.types import Embeddings


@dataclass(frozen=True)
class Aims:
    """One critic's targets. Equal lengths, in the order of the phrases."""

    embeddings: Embeddings
    """Unit vectors, (aims, dim)."""
    weights: Float[Tensor, " aims"]
    """Signed; negative ones are steered away from."""
    stops: Float[Tensor, " aims"]
    """Spherical distance at which each rests; NaN never."""
    stopping: bool
    """Whether there is a stop at all."""

    def loss(self, seen: Embeddings, distance: Callable[[Embeddings, Embeddings], Tensor]) -> Scalar:
        """How far what was seen, (cuts, dim), is from all of them."""
        resting = None
        if self.stopping:
            with torch.no_grad():
                resting = at_rest(seen, self.embeddings, self.weights, self.stops)
        return prompt_loss(distance(seen, self.embeddings), self.weights, resting)

    def score(self, seen: Embeddings) -> float | None:
        """Cosine similarity of one picture, (1, dim), and what is wished for; None if nothing is."""
        if not bool((self.weights > 0).any()):
            return None
        return float(weighted_cosine(seen, self.embeddings, self.weights))


def aims_of(recipe: Recipe, critic: Critic) -> Aims:
    """The phrases of a recipe as a critic reads them."""
    embeddings = critic.encode_texts([phrase.text for phrase in recipe.phrases]).detach()
    device = embeddings.device
    stops = [math.nan if phrase.stop is None else phrase.stop for phrase in recipe.phrases]
    return Aims(
        embeddings,
        torch.tensor([phrase.weight for phrase in recipe.phrases], device=device),
        torch.tensor(stops, device=device),
        stopping=any(phrase.stop is not None for phrase in recipe.phrases),
    )
