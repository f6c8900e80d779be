"""Aims: what a critic steers a picture towards and away from, as it sees it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from dreamqueue.course import Course, scaled, value_at
from dreamqueue.recipe import Recipe
from dreamrender.critics import Critic
from dreamrender.cutouts import Augmentation, cut_out
from dreamrender.losses import Scalar, at_rest, prompt_loss, weighted_cosine
from dreamrender.pieces import pieces
from dreamrender.types import Embeddings, Image


@dataclass(frozen=True)
class Aims:
    """One critic's aims. Equal lengths: the phrases in their order, then the target pictures."""

    embeddings: Embeddings
    """Unit vectors, (aims, dim)."""
    weights: tuple[Course, ...]
    """Signed, by progress; negative ones are steered away from."""
    stops: Float[Tensor, " aims"]
    """Spherical distance at which each rests; NaN never."""
    words: int
    """How many of them are texts; they come first."""
    stopping: bool
    """Whether there is a stop at all."""
    notes: tuple[str, ...] = ()
    """What the member should know, in their words."""

    def weights_at(self, t: float) -> Float[Tensor, " aims"]:
        """The weights at progress t."""
        return self.stops.new_tensor([value_at(weight, t) for weight in self.weights])

    def loss(
        self, seen: Embeddings, distance: Callable[[Embeddings, Embeddings], Tensor], t: float = 0.0
    ) -> Scalar:
        """How far what was seen at progress t, (cuts, dim), is from all of them."""
        weights = self.weights_at(t)
        pulling = weights != 0  # what does not pull has no say, not even in the rounding
        aims, weights = self.embeddings[pulling], weights[pulling]
        resting = None
        if self.stopping:
            with torch.no_grad():
                resting = at_rest(seen, aims, weights, self.stops[pulling])
        return prompt_loss(distance(seen, aims), weights, resting)

    def score(self, seen: Embeddings, t: float = 1.0) -> float | None:
        """Cosine similarity of one picture, (1, dim), and the words wished for at progress t.

        None without any. Pictures are all much more alike than a picture and words, so targets do not count.
        """
        texts, weights = self.embeddings[: self.words], self.weights_at(t)[: self.words]
        if not bool((weights > 0).any()):
            return None
        return float(weighted_cosine(seen, texts, weights))


Target: TypeAlias = tuple[Image, float]
"""A picture of any size to steer towards, and its weight."""

LOOK = Augmentation(zoom=(0.7, 1.0), margin=0.0, turn=0.0, brightness=0.0, channels=0.0, noise=0.0)
"""How a target picture is looked at: nearly whole, as it is."""
LOOKS = 8


def aims_of(recipe: Recipe, critic: Critic, targets: Sequence[Target] = ()) -> Aims:
    """The phrases of a recipe as a critic reads them, and pictures as it sees them.

    A phrase that is too long for it is read in pieces that share the phrase's weight.
    """
    texts: list[str] = []
    weights: list[Course] = []
    stops: list[float] = []
    notes: list[str] = []
    for number, phrase in enumerate(recipe.phrases, 1):
        parts = pieces(phrase.text, critic)
        lengths = [max(1, critic.tokens(part)) for part in parts]
        texts += parts
        weights += [scaled(phrase.weight, length / sum(lengths)) for length in lengths]
        stops += [math.nan if phrase.stop is None else phrase.stop] * len(parts)
        if len(parts) > 1:
            name = f"Phrase {number}" if len(recipe.phrases) > 1 else "The prompt"
            notes.append(_note(name, critic, len(parts)))
    read = torch.cat([critic.encode_texts([text]) for text in texts]).detach()
    seen = [embedded(image.to(read.device), critic, recipe.seed) for image, _ in targets]
    return Aims(
        torch.cat([read, *seen]),
        (*weights, *(weight for _, weight in targets)),
        torch.tensor([*stops, *[math.nan] * len(targets)], device=read.device),
        words=len(texts),
        stopping=any(phrase.stop is not None for phrase in recipe.phrases),
        notes=tuple(notes),
    )


@torch.no_grad()
def embedded(image: Image, critic: Critic, seed: int) -> Embeddings:
    """What a critic sees in a picture, (1, dim): the mean of a few cutouts of it, on the sphere."""
    generator = torch.Generator(image.device).manual_seed(seed)
    cuts = cut_out(image, LOOKS, critic.image_size, LOOK, generator)
    return F.normalize(critic.encode_images(cuts).float().mean(0, keepdim=True), dim=-1)


def _note(name: str, critic: Critic, parts: int) -> str:
    return (
        f"{name} is longer than the {critic.max_tokens} tokens that the critic `{critic.name}` reads "
        f"at once: it was read in {parts} parts, which share its weight."
    )
