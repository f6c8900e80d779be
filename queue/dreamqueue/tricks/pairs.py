"""With and without: the pictures in which a trick is seen, as one job."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from dreamqueue.errors import BadValue
from dreamqueue.recipe import LABEL, MAX_SEED, MOST_IN_A_ROW, MOST_VARIANTS, Recipe, Variant
from dreamqueue.text import clip, quote

WITHOUT = "without"
_SLOT = "{prompt}"
_LOOSE = re.compile(r"^(?:of\b|[,;.:\s-])+|(?:\b(?:of|by|from|with|and|a|an|the)\b|[,;.:\s-])+$", re.I)


class Pair(NamedTuple):
    """A subject without the trick and with it, alike in all but the words."""

    subject: str
    without: Recipe
    trick: Recipe


def pair(without: Recipe, trick: Recipe) -> Pair:
    """Of the recipes of one prompt, read without the trick and with it. What else the trick brings along (its
    flags) both get, so that its words alone are compared.

    Raises BadValue for choices in braces and candidates, and for a trick that changes no word.
    """
    if without.several or trick.several:
        raise BadValue(
            quote(without.words), "a trick is tried on single pictures: no braces, no candidates, please."
        )
    if without.phrases == trick.phrases:
        raise BadValue(quote(without.words), "the trick changes no word of this, so there is nothing to see.")
    plain = trick.model_copy(
        update={"phrases": without.phrases, "styles": without.styles, "seed": without.seed}
    )
    return Pair(without.words, plain, trick.model_copy(update={"seed": without.seed}))


def side_by_side(subjects: Sequence[Pair], name: str, seeds: int = 1) -> Recipe:
    """One recipe of all pictures: subject by subject, seed by seed, without the trick and then with it.

    Seeds count up from the first pair's. On the sheet the pairs of a subject stand in a row, if they fit.
    Raises BadValue for too many pictures.
    """
    number = 2 * seeds * len(subjects)
    if number > MOST_VARIANTS:
        raise BadValue(
            f"{len(subjects)} × {seeds}",
            f"with and without that is {number} pictures, and one job paints up to {MOST_VARIANTS}.",
        )
    first = subjects[0].without
    variants: list[Variant] = []
    for one in subjects:
        for seed in ((first.seed + shift) % (MAX_SEED + 1) for shift in range(seeds)):
            what, which = one.subject if len(subjects) > 1 else "", f"seed {seed}" if seeds > 1 else ""
            variants += [
                _variant(one.without, (what, WITHOUT, which), seed),
                _variant(one.trick, (what, f"with {name}", which), seed),
            ]
    alone = {"variants": tuple(variants), "row": _row(seeds), "styles": ()}
    return Recipe.model_validate({**dict(first), **alone})


def added_words(text: str) -> str:
    """What a trick's text adds to a prompt, in words: `{prompt} in the style of Minecraft` adds `in the style
    of Minecraft`. Empty where it adds none.
    """
    parts = (_LOOSE.sub("", " ".join(part.split())) for part in text.split(_SLOT))
    return ", ".join(filter(None, parts))


def _variant(recipe: Recipe, about: Sequence[str], seed: int) -> Variant:
    label = clip(", ".join(filter(None, about)), LABEL)
    return Variant(label=label, phrases=recipe.phrases, styles=recipe.styles, seed=seed)


def _row(seeds: int) -> int:
    """The most pictures that stand in a row so that a subject's rows are full."""
    return next(2 * many for many in range(min(seeds, MOST_IN_A_ROW // 2), 0, -1) if seeds % many == 0)
