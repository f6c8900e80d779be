"""A grid: a recipe with choices in braces is one recipe for each way to choose.

Variants are given: one recipe for each.
"""

from __future__ import annotations

from itertools import product
from math import prod
from typing import NamedTuple

from dreamqueue import braces
from dreamqueue.errors import BadValue
from dreamqueue.recipe import LABEL, MAX_SEED, MOST_PICTURES, Recipe
from dreamqueue.text import clip, quote

_NOTHING = "—"
"""In a label, where a choice was to leave it out."""


class Cell(NamedTuple):
    """One picture of several."""

    label: str
    """What is its own, for people."""
    recipe: Recipe
    """Paints this one alone."""


def cells(recipe: Recipe, most: int = MOST_PICTURES) -> tuple[Cell, ...]:
    """The pictures of a recipe, the last braces changing fastest; one without a label if it has no choices.
    Variants are those that are given, in their order.

    A phrase of which nothing is left is left out. Raises BadValue for more than `most`, for choices within
    choices, and for a picture that has no phrase left to steer towards.
    """
    if recipe.variants:
        return _given(recipe)
    _check(recipe, most)
    made = []
    for picked in product(*(braces.chosen(phrase.text) for phrase in recipe.phrases)):
        phrases = tuple(
            phrase.model_copy(update={"text": one.text})
            for phrase, one in zip(recipe.phrases, picked, strict=True)
            if one.text
        )
        choices = [choice or _NOTHING for one in picked for choice in one.choices]
        label = clip(", ".join(choices), LABEL)
        if choices and not any(phrase.wanted for phrase in phrases):
            raise BadValue(quote(recipe.words), f"for {quote(label)} there is nothing left to paint.")
        made.append(Cell(label, recipe.model_copy(update={"phrases": phrases}) if choices else recipe))
    return tuple(made)


def columns(recipe: Recipe) -> int | None:
    """How many of the pictures belong in a row, so that those below each other share the last choice.

    None where only one thing varies.
    """
    if recipe.variants:
        return recipe.row or None
    found = [size for phrase in recipe.phrases for size in braces.sizes(phrase.text)]
    return found[-1] if len(found) > 1 else None


def reseeded(recipe: Recipe, seed: int) -> Recipe:
    """The recipe with another seed; those of its variants are moved as far, and equal ones stay equal."""
    moved = tuple(
        one.model_copy(update={"seed": (one.seed + seed - recipe.seed) % (MAX_SEED + 1)})
        for one in recipe.variants
    )
    return recipe.model_copy(update={"seed": seed, "variants": moved})


def _given(recipe: Recipe) -> tuple[Cell, ...]:
    alone = recipe.model_copy(update={"variants": (), "row": 0})
    return tuple(
        Cell(
            one.label,
            alone.model_copy(update={"phrases": one.phrases, "seed": one.seed, "styles": one.styles}),
        )
        for one in recipe.variants
    )


def _check(recipe: Recipe, most: int) -> None:
    for phrase in recipe.phrases:
        inner = braces.nested(phrase.text)
        if inner is not None:
            raise BadValue(quote(inner), "braces cannot stand in braces; please write them side by side.")
    number = prod(braces.count(phrase.text) for phrase in recipe.phrases)
    if number > most:
        many = f"{number:,}" if number < 1_000_000 else "more than a million"
        raise BadValue(
            quote(recipe.words),
            f"these choices make {many} pictures, and one grid holds up to {most}.",
        )
