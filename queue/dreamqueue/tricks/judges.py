"""Who judges a trick: a critic that did not steer the pictures, and that somebody awake can ask."""

from __future__ import annotations

from collections.abc import Iterable

from dreamqueue.errors import TrickError
from dreamqueue.prompt.menu import Menu
from dreamqueue.questions import critics_of
from dreamqueue.recipe import Recipe
from dreamqueue.workers import WorkerCard

FIRST = "pocket-judge"
"""Made for this; it is asked where it did not steer."""


def steered_by(recipe: Recipe, menu: Menu) -> tuple[str, ...]:
    """The critics whose gradient makes the picture; none for a backend that CLIP does not steer."""
    entry = menu.backends.get(recipe.backend)
    return recipe.critics if entry is None or "steered" in entry.flags else ()


def judge_for(recipe: Recipe, cards: Iterable[WorkerCard], menu: Menu) -> str:
    """The name of a critic that can judge these pictures. Raises TrickError if there is none."""
    steering = steered_by(recipe, menu)
    can = [name for name in critics_of(cards, menu.critics) if name not in steering]
    if FIRST in can:
        return FIRST
    if can:
        return can[0]
    by = " and ".join(f"`{name}`" for name in steering)
    raise TrickError(
        "Nobody could judge this fairly just now: "
        + (f"{by} would steer it, and no other critic" if steering else "no critic")
        + f" is at hand. A worker that has `{FIRST}` would do."
    )
