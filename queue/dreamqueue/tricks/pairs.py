"""With and without: the pictures in which a trick is seen, as one job."""

from __future__ import annotations

from collections.abc import Sequence

from dreamqueue.errors import BadValue
from dreamqueue.recipe import LABEL, MAX_SEED, MOST_IN_A_ROW, MOST_VARIANTS, Recipe, Variant
from dreamqueue.text import clip, quote

WITHOUT = "without"
OWN = frozenset({"phrases", "styles", "seed"})
"""What the two pictures of a pair may differ in."""


def pairs(subjects: Sequence[tuple[Recipe, Recipe]], trick: str, seeds: int = 1) -> Recipe:
    """One recipe of all pictures: subject by subject, seed by seed, without the trick and then with it.

    Of each subject the recipe without and the one with it are given; seeds count up from the first one's. On
    the sheet a subject's pairs stand in a row, if it is not too long. Raises BadValue for subjects with
    choices in braces or candidates, where the trick changes more than words, and for too many pictures.
    """
    first = subjects[0][0]
    number = 2 * seeds * len(subjects)
    if number > MOST_VARIANTS:
        raise BadValue(
            f"{len(subjects)} × {seeds}",
            f"with and without that is {number} pictures, and one job paints up to {MOST_VARIANTS}.",
        )
    variants: list[Variant] = []
    for both in subjects:
        _check(both, first, trick)
        for shift in range(seeds):
            seed = (first.seed + shift) % (MAX_SEED + 1)
            about = ", ".join(
                filter(None, [both[0].words if len(subjects) > 1 else "", str(seed) if seeds > 1 else ""])
            )
            for recipe, which in zip(both, (WITHOUT, f"with {trick}"), strict=True):
                variants.append(
                    Variant(
                        label=clip(f"{which}: {about}" if about else which, LABEL),
                        phrases=recipe.phrases,
                        styles=recipe.styles,
                        seed=seed,
                    )
                )
    return Recipe.model_validate(
        {**dict(first), "variants": tuple(variants), "row": _row(seeds), "styles": ()}
    )


def _row(seeds: int) -> int:
    """The most pictures that stand in a row so that rows end with a subject or a whole pair."""
    return next(2 * many for many in range(MOST_IN_A_ROW // 2, 0, -1) if many <= seeds and seeds % many == 0)


def _check(both: tuple[Recipe, Recipe], first: Recipe, trick: str) -> None:
    for recipe in both:
        if recipe.several:
            raise BadValue(
                quote(recipe.words), "a trick is tried on single pictures: no braces, no candidates, please."
            )
    others = [
        name
        for name in Recipe.model_fields
        if name not in OWN and any(getattr(one, name) != getattr(first, name) for one in both)
    ]
    if others:
        raise BadValue(
            quote(trick),
            f"it changes more than the words ({', '.join(others)}), so this would not compare it alone.",
        )
