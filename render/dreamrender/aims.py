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
from dreamrender.pieces import pieces
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
    notes: tuple[str, ...] = ()
    """What the member should know, in their words."""

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
    """The phrases of a recipe as a critic reads them: long ones in pieces that share the phrase's weight."""
    texts: list[str] = []
    weights: list[float] = []
    stops: list[float] = []
    notes: list[str] = []
    for number, phrase in enumerate(recipe.phrases, 1):
        parts = pieces(phrase.text, critic)
        lengths = [max(1, critic.tokens(part)) for part in parts]
        texts += parts
        weights += [phrase.weight * length / sum(lengths) for length in lengths]
        stops += [math.nan if phrase.stop is None else phrase.stop] * len(parts)
        if len(parts) > 1:
            name = f"Phrase {number}" if len(recipe.phrases) > 1 else "The prompt"
            notes.append(
                f"{name} is longer than the {critic.max_tokens} tokens that the critic `{critic.name}` reads "
                f"at once: it was read in {len(parts)} parts, which share its weight."
            )
    embeddings = critic.encode_texts(texts).detach()
    device = embeddings.device
    return Aims(
        embeddings,
        torch.tensor(weights, device=device),
        torch.tensor(stops, device=device),
        stopping=any(phrase.stop is not None for phrase in recipe.phrases),
        notes=tuple(notes),
    )
