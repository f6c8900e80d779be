"""Recipes that change on the way: other words from here on, or more steps.

A turn is written into the phrases' weights as courses, so the recipe of a picture that was steered is a
recipe like any other, and paints that picture again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from dreamqueue import braces
from dreamqueue.course import MOST_KNOTS, Course, value_at
from dreamqueue.errors import PromptError
from dreamqueue.prompt.understood import check_stops
from dreamqueue.recipe import Leg, Phrase, Recipe

BLEND = 0.1
"""Share of all steps over which new words take the place of the old ones."""
CALM_AFTER = 0.3
"""Share of all steps after a change of words until the painter's hand is as calm as it would have been."""
MOST_PHRASES = 32
MOST_LEGS = 16
NEARLY = 1e-9
"""What the clock of a longer way may round differently."""


def way(recipe: Recipe, step: int) -> float:
    """Progress of a step through the whole render, in [0, 1]: the clock of words' weights and of guidance."""
    return min(1.0, step / max(1, recipe.steps - 1))


def turned(recipe: Recipe, phrases: Sequence[Phrase], step: int, blend: float = BLEND) -> Recipe:
    """The recipe whose words are others from `step` on. Words that stay keep their pull.

    Raises PromptError where there are too many changes to remember, for choices in braces, and for stops
    that its backend does not know.
    """
    _check_single(recipe)
    if any(braces.count(phrase.text) > 1 for phrase in phrases):
        raise PromptError("Choices in braces make several pictures, and a turn is that of one.")
    check_stops(phrases, recipe.backend)
    start = way(recipe, step)
    end = min(1.0, start + blend)
    if step == 0:
        return recipe.model_copy(update={"phrases": tuple(phrases)})
    if start >= end:
        return recipe
    old, new = _by_words(recipe.phrases), _by_words(phrases)
    both = {**old, **new}
    if len(both) > MOST_PHRASES:
        raise PromptError(f"That would be {len(both)} phrases, old and new; at most {MOST_PHRASES} fit.")
    weights = {key: _turned(_weight(old.get(key)), _weight(new.get(key)), start, end) for key in both}
    turned = tuple(phrase.model_copy(update={"weight": weights[key]}) for key, phrase in both.items())
    return recipe.model_copy(update={"phrases": turned})


def longer(recipe: Recipe, step: int, steps: int) -> Recipe:
    """The recipe with `steps` steps in all, decided on at `step`. What words and guidance did until then
    stays there; one that was to stop before its end no longer does.

    Raises PromptError where that was done too often, and for several pictures in one job.
    """
    _check_single(recipe)
    if steps == recipe.steps:
        return recipe.model_copy(update={"stop": 100})
    if len(recipe.legs) == MOST_LEGS:
        raise PromptError("It has been made longer too often; begin a new picture from this one.")
    pace = max(1, recipe.steps - 1) / max(1, steps - 1)
    phrases = tuple(
        phrase.model_copy(update={"weight": _slower(phrase.weight, pace)}) for phrase in recipe.phrases
    )
    changes = {
        "phrases": phrases,
        "guidance": None if recipe.guidance is None else _slower(recipe.guidance, pace),
        "steps": steps,
        "stop": 100,
        "legs": (*recipe.legs, Leg(until=step, steps=recipe.steps)),
    }
    return Recipe.model_validate({**recipe.model_dump(), **changes})


def held(recipe: Recipe, step: int) -> tuple[Phrase, ...]:
    """The phrases with the weights that they have at a step; those that do not pull then are left out."""
    t = way(recipe, step)
    still = [phrase.model_copy(update={"weight": value_at(phrase.weight, t)}) for phrase in recipe.phrases]
    return tuple(phrase for phrase in still if phrase.weight) or recipe.phrases


def unrest(recipe: Recipe, step: int) -> float:
    """1 while the words change, and down to 0 within `CALM_AFTER` of the way after they did.

    The way is as long as was known at that step, so that more steps do not change what was before.
    """
    t = way(recipe, step)
    calm = CALM_AFTER * max(1, recipe.steps_at(step) - 1) / max(1, recipe.steps - 1)
    most = 0.0
    for phrase in recipe.phrases:
        if isinstance(phrase.weight, tuple):
            for (start, before), (end, after) in pairwise(phrase.weight):
                if before != after and t > start - NEARLY:
                    most = max(most, 1 - max(0.0, t - end) / calm)
    return round(most, 6)


def _check_single(recipe: Recipe) -> None:
    if recipe.several:
        raise PromptError("A job of several pictures goes its way as it was asked for.")


def _by_words(phrases: Sequence[Phrase]) -> dict[tuple[str, float | None, int], Phrase]:
    """Phrases by their words and stop, and a number for those that are said twice."""
    said: Counter[tuple[str, float | None]] = Counter()
    found = {}
    for phrase in phrases:
        words = phrase.text, phrase.stop
        found[*words, said[words]] = phrase
        said[words] += 1
    return found


def _weight(phrase: Phrase | None) -> Course:
    return 0.0 if phrase is None else phrase.weight


def _turned(before: Course, after: Course, start: float, end: float) -> Course:
    """`before` until `start`, `after` from `end` on, a straight line between."""
    if before == after:
        return before
    knots = [knot for knot in before if knot[0] < start] if isinstance(before, tuple) else []
    later = [knot for knot in after if knot[0] > end] if isinstance(after, tuple) else []
    course = (*knots, (start, value_at(before, start)), (end, value_at(after, end)), *later)
    if len(course) > MOST_KNOTS:
        raise PromptError("The words have changed too often on the way; begin a new picture from this one.")
    return course


def _slower(course: Course, pace: float) -> Course:
    return tuple((t * pace, value) for t, value in course) if isinstance(course, tuple) else course
