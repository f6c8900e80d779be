"""Which pictures guide: most of those that suit the text best, some from anywhere.

The rules are those of seed document 003: pictures are ranked by what CLIP finds them to have in common with
the text, folders that are asked for count for more, and some randomness gives variety.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from jaxtyping import Float
from torch import Tensor

from dreamqueue.collection import LIKED, slug
from dreamqueue.course import value_at
from dreamqueue.recipe import Recipe
from dreamrender.collection.pictures import PictureFile

_T = TypeVar("_T")

STAGES = 6
"""Pictures that guide one painting."""
ANYWHERE = 2
"""So many of them are drawn whatever they show."""
BEST = 12
"""The others come from so many of their group that suit best."""
SHARPNESS = 1.5
"""Each standard deviation of likeness to the text multiplies the chance by e^1.5 = 4.5."""


@dataclass(frozen=True)
class Group:
    """Pictures that share one weight: a folder that counts for more, or all other folders together."""

    weight: float
    pictures: list[int]


def groups(recipe: Recipe, pictures: Sequence[PictureFile]) -> list[Group]:
    """The folders that are asked for, or named in a wanted phrase (they weigh `LIKED`); and the rest, 1."""
    weights = folder_weights(recipe, {picture.folder for picture in pictures})
    members: dict[str | None, list[int]] = {}
    for number, picture in enumerate(pictures):
        members.setdefault(picture.folder if picture.folder in weights else None, []).append(number)
    return [Group(1.0 if folder is None else weights[folder], numbers) for folder, numbers in members.items()]


def folder_weights(recipe: Recipe, folders: set[str]) -> Mapping[str, float]:
    """How much folders count that do not count 1. Of the words, those at the beginning are read."""
    assert recipe.collection is not None
    wanted = [phrase.text for phrase in recipe.phrases if value_at(phrase.weight, 0) > 0]
    words = [slug(word) for text in wanted for word in [*text.replace("-", " ").split(), "|"]]
    spoken = f"-{'-'.join(words)}-"  # with an empty word where a phrase ends
    named = {folder: LIKED for folder in sorted(folders) if folder and f"-{folder}-" in spoken}
    return named | {liked.folder: liked.weight for liked in recipe.collection.like}


def choose(likeness: Float[Tensor, "stages pictures"], among: Sequence[Group], seed: int) -> list[int]:
    """The picture of each stage, and again one that was there before where a group has too few.

    The stages are dealt to the groups by their weights. `likeness` is to the text, in any unit; a stage's
    choice depends on its own likeness and on the choices before it, not on later ones.
    """
    count, generator = len(likeness), torch.Generator().manual_seed(seed)
    dealt = _shuffled(_deal(among, count, generator), generator)
    free = set(_shuffled(list(range(count)), generator)[:ANYWHERE])
    luck = torch.rand(count, generator=generator, dtype=torch.float64)
    chosen: list[int] = []
    for place, group in enumerate(dealt):
        left = sorted(set(group.pictures) - set(chosen)) or group.pictures
        odds = torch.ones(len(left), dtype=torch.float64)
        if place not in free:
            odds = _odds(likeness[place, left], likeness[place, group.pictures])
        chosen.append(left[_drawn(odds, float(luck[place]))])
    return chosen


def _deal(among: Sequence[Group], count: int, generator: torch.Generator) -> list[Group]:
    """Each group as often as its weight says, but for less than one (systematic sampling)."""
    start = torch.rand(1, generator=generator, dtype=torch.float64)
    points = (torch.arange(count) + start) / count
    odds = torch.tensor([group.weight for group in among], dtype=torch.float64)
    return [among[_drawn(odds, point)] for point in points.tolist()]


def _drawn(odds: Tensor, luck: float) -> int:
    """The one of these chances in which a number from 0 to 1 falls."""
    ends = odds.cumsum(0)
    return min(int(torch.searchsorted(ends, luck * ends[-1], right=True)), len(odds) - 1)


def _odds(likeness: Tensor, of_group: Tensor) -> Tensor:
    """Chances by likeness, in standard deviations of the group; none but for the best."""
    values, spread = likeness.double(), of_group.double().std(correction=0)
    scaled = SHARPNESS * (values - values.max()) / spread.clamp_min(1e-6)
    least = scaled.topk(min(BEST, len(scaled))).values[-1]
    odds: Tensor = torch.where(scaled >= least, scaled.clamp_min(-30).exp(), 0.0)
    return odds


def _shuffled(what: list[_T], generator: torch.Generator) -> list[_T]:
    return [what[place] for place in torch.randperm(len(what), generator=generator).tolist()]
