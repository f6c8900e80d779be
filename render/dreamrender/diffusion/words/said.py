"""What a recipe's phrases say at a moment of its way."""

from __future__ import annotations

from dataclasses import dataclass

from dreamqueue.course import value_at
from dreamqueue.recipe import Recipe


@dataclass(frozen=True)
class Said:
    """A phrase as it counts now."""

    text: str
    weight: float = 1.0
    """Above 0; 1 leaves the text encoder's states as they are."""


@dataclass(frozen=True)
class Saying:
    """What is wanted and what is not. Hashable, so that equal moments are read once."""

    wanted: tuple[Said, ...]
    unwanted: tuple[Said, ...]


def saying(recipe: Recipe, t: float) -> Saying:
    """The phrases at progress t in [0, 1]. One whose weight is 0 then is left out of the text altogether,
    so that a turn taken later changes nothing before it."""
    now = [Said(phrase.text, round(value_at(phrase.weight, t), 3)) for phrase in recipe.phrases]
    return Saying(
        wanted=tuple(said for said in now if said.weight > 0),
        unwanted=tuple(Said(said.text, -said.weight) for said in now if said.weight < 0),
    )
