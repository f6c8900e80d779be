"""How long a render may become when it is made longer than it was asked for."""

from __future__ import annotations

from dreamconfig.catalogue import backends
from dreamconfig.settings import QueueSettings
from dreamqueue.errors import BadValue
from dreamqueue.recipe import Recipe


def check_length(recipe: Recipe, settings: QueueSettings, steps: int | None = None) -> None:
    """Raises BadValue for more steps than whoever runs this house, or the backend, allows.

    `steps` are those it would have; None: as it is, the steps of all its pictures together.
    """
    entry = backends().get(recipe.backend)
    most = min(settings.max_steps, entry.of(recipe.preset).max_steps if entry else settings.max_steps)
    if (asked := max(recipe.steps, recipe.work) if steps is None else steps) > most:
        raise BadValue(f"{asked:,} steps", f"one job with `{recipe.backend}` has up to {most:,}.")
