"""From the words of somebody who wants to see what a trick does to the job that shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dreamqueue.errors import BadValue
from dreamqueue.prompt import Limits, parse
from dreamqueue.prompt.menu import Menu
from dreamqueue.prompt.several import possible
from dreamqueue.questions import LONGEST_TEXT
from dreamqueue.recipe import Recipe
from dreamqueue.text import clip, normalise, quote
from dreamqueue.trial import Trial
from dreamqueue.tricks.pairs import Pair, added_words, pair, side_by_side
from dreamqueue.tricks.record import Trick

SUBJECTS = ("a castle in the fog", "a red apple", "a forest in autumn", "a city at night")
"""What a test paints if nothing is said: a building, a thing, a landscape, lights."""
SEEDS = 2
MOST_SUBJECTS = 8
MOST_SEEDS = 4


def to_try(
    trick: Trick, prompt: str, options: Mapping[str, str], limits: Limits, menu: Menu
) -> tuple[Recipe, Trial]:
    """One prompt without a trick and with it. Raises PromptError for what cannot be compared or painted."""
    both = _pair(trick, prompt, options, limits, menu)
    recipe = side_by_side([both], trick.name)
    trial = Trial(
        kind="try",
        trick=trick.name,
        version=trick.version,
        words=clip(added_words(trick.text), LONGEST_TEXT),
        subjects=(both.subject,),
    )
    return possible(recipe, limits), trial


def to_measure(
    trick: Trick,
    subjects: Sequence[str],
    seeds: int,
    options: Mapping[str, str],
    limits: Limits,
    menu: Menu,
) -> tuple[Recipe, Trial]:
    """Subjects × seeds without a trick and with it; who judges is still to be chosen.

    Where `options` do not say how many steps, there are as many as one job may have. Raises PromptError as
    `to_try` does, and for subjects that ask for more than words each for itself.
    """
    pairs: list[Pair] = []
    for subject in subjects:
        one = _pair(trick, subject, options, limits, menu)
        if any(one.subject == other.subject for other in pairs):
            raise BadValue(quote(subject), "this subject is there twice, and each counts once.")
        pairs.append(one)
        _check_alike(one, pairs[0])
    recipe = side_by_side(pairs, trick.name, seeds)
    if "steps" not in options:
        fitting = max(1, min(recipe.steps, limits.max_steps // recipe.cells))
        recipe = recipe.model_copy(update={"steps": fitting})
    trial = Trial(
        kind="test",
        trick=trick.name,
        version=trick.version,
        words=clip(added_words(trick.text), LONGEST_TEXT),
        subjects=tuple(clip(one.subject, LONGEST_TEXT) for one in pairs),
        seeds=seeds,
    )
    return possible(recipe, limits), trial


def subjects_of(typed: str) -> tuple[str, ...]:
    """What stands between the `|`, or the usual ones. Raises BadValue for too many."""
    found = tuple(filter(None, (part.strip() for part in normalise(typed).split("|"))))
    if len(found) > MOST_SUBJECTS:
        raise BadValue(quote(typed), f"that is {len(found)} subjects, and a test has up to {MOST_SUBJECTS}.")
    return found or SUBJECTS


def _pair(trick: Trick, prompt: str, options: Mapping[str, str], limits: Limits, menu: Menu) -> Pair:
    knowing = replace(menu, styles={**menu.styles, trick.name: trick.style()})
    plain = parse(prompt, options=options, limits=limits, menu=knowing)
    styled = parse(prompt, options={**options, "style": trick.name}, limits=limits, menu=knowing)
    return pair(plain, styled)


def _check_alike(one: Pair, first: Pair) -> None:
    said = {"phrases": first.without.phrases, "seed": first.without.seed, "styles": first.without.styles}
    if one.without.model_copy(update=said) != first.without:
        raise BadValue(
            quote(one.subject), "flags hold for all subjects of a test; please give every one the same."
        )
