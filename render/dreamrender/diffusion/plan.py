"""The stages of a painting: from noise, over a picture, larger, longer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from dreamqueue.hires import first_pass
from dreamqueue.recipe import Recipe

STRENGTH = 0.75
"""How much of an initial picture is painted over, where nobody says."""
FINISHING = 0.5
"""How much of the first pass the second, larger one paints over."""
HIRES_SHARE = 1 / 3
"""Of the steps, for the second pass."""
LEAST = 0.1
"""Share of the noise's way that more steps can be spread over; with less left, it is painted over again."""
AGAIN = 0.5
"""How much of a finished picture is painted over when it is made longer."""


@dataclass(frozen=True)
class Stage:
    """A stretch of steps on one scale of noise."""

    begin: Literal["noise", "picture", "before", "onward"]
    """noise: from nothing else. picture: over the initial one. before: over what the stage before has made.
    onward: from where the stage before was, in other steps."""
    height: int
    width: int
    steps: int
    """Steps that are made."""
    planned: int
    """Steps from `strength` to no noise; more than `steps` if it was made longer on its way."""
    strength: float = 1.0
    """Share of the scheduler's way that it begins at; 1 is pure noise."""


def plan(
    recipe: Recipe, *, picture: bool, strength: float | None, hires: float = 1.0, multiple: int = 8
) -> list[Stage]:
    """The stages of a painting, `recipe.steps` steps in all.

    `picture`: it has an initial picture. `hires` above 1: composed at 1/hires of the size, rounded to the
    multiple, then painted over at the whole size.
    """
    totals = [*(leg.steps for leg in recipe.legs), recipe.steps]
    stages = _first(recipe, totals[0], picture, strength or STRENGTH, hires, multiple)
    for leg, total in zip(recipe.legs, totals[1:], strict=True):
        stages = _longer(stages, leg.until, total)
    return stages


def _first(
    recipe: Recipe, steps: int, picture: bool, strength: float, hires: float, multiple: int
) -> list[Stage]:
    begin: Literal["noise", "picture"] = "picture" if picture else "noise"
    whole = Stage(begin, recipe.height, recipe.width, steps, steps, strength if picture else 1.0)
    if hires <= 1 or steps < 2:
        return [whole]
    over = max(1, round(steps * HIRES_SHARE))
    width, height = first_pass(recipe.width, recipe.height, hires, multiple)
    small = replace(whole, height=height, width=width, steps=steps - over, planned=steps - over)
    return [small, Stage("before", recipe.height, recipe.width, over, over, FINISHING)]


def _longer(stages: Sequence[Stage], until: int, total: int) -> list[Stage]:
    """The stages cut at a step, and what is left of them spread over the steps up to the new total."""
    done: list[Stage] = []
    left: list[Stage] = []
    at = 0
    for stage in stages:
        here = min(stage.steps, max(0, until - at))
        if here:
            done.append(replace(stage, steps=here))
        if here < stage.steps:
            rest = stage.steps - here
            share = stage.strength * (stage.planned - here) / stage.planned
            if share < LEAST:
                onward = replace(stage, begin="before", strength=AGAIN)
            else:
                onward = replace(stage, begin="onward", strength=share) if here else stage
            left.append(replace(onward, steps=rest, planned=rest))
        at += stage.steps
    more = total - until
    if more <= 0:
        return done
    if not left:
        return [*done, replace(done[-1], begin="before", steps=more, planned=more, strength=AGAIN)]
    counts = _spread([stage.steps for stage in left], more)
    spread = zip(left, counts, strict=True)
    return done + [replace(stage, steps=count, planned=count) for stage, count in spread if count]


def _spread(counts: Sequence[int], total: int) -> list[int]:
    """The total in the proportion of the counts; the first ones get what rounding leaves."""
    found = [total * count // sum(counts) for count in counts]
    for index in range(total - sum(found)):
        found[index % len(found)] += 1
    return found
