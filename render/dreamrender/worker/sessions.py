"""How many jobs a worker paints at once, where nobody says: as many as fit into its device's memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dreamconfig.catalogue import backends, needed
from dreamconfig.settings import WorkerSettings
from dreamqueue.memory import estimate, of_model
from dreamqueue.recipe import Phrase, Recipe
from dreamrender.shelf import shelf

MOST = 16
"""More at once slow each other down, and no GPU is fuller for it."""
USUAL = 4
"""Where nobody knows how much memory there is."""


def sessions(settings: WorkerSettings, device: str, names: Sequence[str], free: float | None) -> int:
    """Jobs at once: as the settings say, else one on a CPU and on a GPU what fits into `free` bytes."""
    if settings.max_sessions:
        return settings.max_sessions
    if device == "cpu":
        return 1
    return fitting(usual(names, settings.critic), shelf().here, free)


def fitting(recipes: Sequence[Recipe], here: Callable[[str], bool], free: float | None) -> int:
    """How many paintings fit at once beside the models, in 1…16, whichever of the recipes they are.

    A backend is loaded when it is used, so that the models of one at a time count. A recipe whose models are
    not `here` does not count. `free` None: nobody knows.
    """
    if free is None:
        return USUAL
    counts = [MOST]
    for recipe in recipes:
        models = needed(recipe.backend, recipe.preset, recipe.critics)
        work = estimate(recipe, loaded=lambda model: True).at(recipe)
        if work > 0 and all(map(here, models)):
            counts.append(int((free - sum(map(of_model, models))) / work))
    return max(1, min(counts))


def usual(names: Sequence[str], critic: str) -> list[Recipe]:
    """What each backend paints where a prompt says nothing else."""
    recipes = []
    for name in names:
        entry = backends()[name].of(backends()[name].preset)
        recipes.append(
            Recipe(
                phrases=(Phrase(text="anything"),),
                backend=name,
                preset=entry.preset,
                critic=critic,
                width=entry.size[0],
                height=entry.size[1],
            )
        )
    return recipes
