"""How long a render may become when it is made longer than it was asked for."""

from __future__ import annotations

from dreamconfig.catalogue import backends
from dreamconfig.settings import QueueSettings
from dreamqueue.errors import BadValue
from dreamqueue.recipe import Recipe


def check_length(recipe: Recipe, settings: QueueSettings) -> None:
    """Raises BadValue for more steps than whoever runs this house, or the backend, allows."""
    entry = backends().get(recipe.backend)
    most = min(settings.max_steps, entry.max_steps if entry else settings.max_steps)
    if recipe.steps > most:
        raise BadValue(f"{recipe.steps:,} steps", f"one painting with `{recipe.backend}` has up to {most:,}.")
