"""Candidates: which of them a member lets go on, while they are tried.

The choice lies in the job's record until the trial is over. Then the recipe of the job is that of the chosen
one alone, which paints its picture again.
"""

from __future__ import annotations

from dreamqueue.errors import BadValue, TooLate
from dreamqueue.events import ORDER, Choose
from dreamqueue.job import JobState, Record
from dreamqueue.recipe import MAX_SEED, Recipe

_ALONE = {name: Recipe.model_fields[name].default for name in ("candidates", "finish", "trial")}


def alone(recipe: Recipe, number: int) -> Recipe:
    """The recipe that paints one candidate alone, by its number from 1."""
    seed = (recipe.seed + number - 1) % (MAX_SEED + 1)
    return recipe.model_copy(update={"seed": seed, **_ALONE})


def check_choice(order: Choose, record: Record) -> None:
    """Raises TooLate where there is nothing to choose (any more), BadValue for a number that is none."""
    recipe = record.recipe
    if recipe.candidates == 1:
        had = record.job.recipe.candidates > 1
        raise TooLate("One was chosen already." if had else "It has no candidates to choose among.")
    if order.pick is not None and order.pick > recipe.candidates:
        raise BadValue(f"number {order.pick}", f"there are {recipe.candidates} candidates.")
    begun = record.state is not JobState.waiting or record.checkpoint is not None
    if order.pick is None and not begun:
        raise TooLate("Nothing has been tried yet, so there is no best one.")


def waiting_choice(order: Choose, recipe: Recipe) -> Recipe:
    """What a job that nobody has begun is painted by: there is no need to try the others."""
    return recipe if order.pick is None else alone(recipe, order.pick)


def chosen(record: Record) -> Choose | None:
    """The choice that stands in a record and waits for the trial's end."""
    choices = []
    for raw in record.asked.values():
        try:
            order = ORDER.validate_json(raw)
        except ValueError:
            continue
        if isinstance(order, Choose):
            choices.append(order)
    return choices[-1] if choices else None
