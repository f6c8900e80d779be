"""Which pictures guide: most of those that suit the text best, some from anywhere.

The rules are those of seed document 003: pictures are ranked by what CLIP finds them to have in common with
the text, folders that are asked for count for more, and some randomness gives variety.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from dreamqueue.collection import LIKED, slug
from dreamqueue.course import value_at
from dreamqueue.recipe import Recipe
from dreamrender.collection.pictures import PictureFile

STAGES = 6
"""Pictures that guide one painting."""
AT_RANDOM = 1 / 3
"""Share of them that come from anywhere in the collection."""
BEST = 12
"""The others come from so many that suit best."""
SHARPNESS = 1.5
"""A standard deviation of likeness to the text counts as much as a weight of e^1.5 = 4.5."""

_PER_PICTURE = Float[Tensor, " pictures"]


def folder_weights(recipe: Recipe, folders: set[str]) -> dict[str, float]:
    """How much each folder counts: as asked for, `LIKED` where a phrase names it, else 1."""
    assert recipe.collection is not None
    spoken = "-".join(
        f"-{slug(phrase.text[:500])}-" for phrase in recipe.phrases if value_at(phrase.weight, 0) > 0
    )
    weights = {folder: LIKED if folder and f"-{folder}-" in spoken else 1.0 for folder in folders}
    return weights | {liked.folder: liked.weight for liked in recipe.collection.like}


def pulls(pictures: Sequence[PictureFile], weights: Mapping[str, float]) -> _PER_PICTURE:
    """The weight of each picture's folder."""
    return torch.tensor([weights.get(picture.folder, 1.0) for picture in pictures], dtype=torch.float64)


def choose(
    likeness: _PER_PICTURE, weights: _PER_PICTURE, generator: torch.Generator, count: int = STAGES
) -> list[int]:
    """Indices of the pictures that guide, in the order of their stages; fewer if there are fewer.

    `likeness` is to the text, in standard deviations. The chance of each is proportional to its weight; among
    those that suit, also to how well they do.
    """
    count = min(count, len(likeness))
    anywhere = math.floor(count * AT_RANDOM)
    chances = SHARPNESS * likeness.double() + weights.log()
    best = chances.topk(min(len(chances), max(BEST, count)))
    odds = (best.values - best.values.max()).exp().clamp_min(1e-12)
    suited = best.indices[torch.multinomial(odds, count - anywhere, generator=generator)]
    chosen: list[int] = suited.tolist()
    if anywhere:
        rest = weights.clone()
        rest[suited] = 0
        chosen += torch.multinomial(rest, anywhere, generator=generator).tolist()
    order = torch.randperm(count, generator=generator)
    return [chosen[place] for place in order.tolist()]


def standardised(values: _PER_PICTURE) -> _PER_PICTURE:
    """In standard deviations from the mean; zeros where all are the same."""
    spread = values.double() - values.double().mean()
    return spread / spread.square().mean().sqrt().clamp_min(1e-6)
