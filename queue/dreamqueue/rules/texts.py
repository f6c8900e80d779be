"""Everything that a recipe says: what has to keep the rules, however it came into it."""

from __future__ import annotations

from dreamqueue.errors import BadValue
from dreamqueue.grid import cells
from dreamqueue.recipe import Recipe


def texts_of(recipe: Recipe) -> tuple[str, ...]:
    """The phrases together and, where it is several pictures, as each of them has them."""
    try:
        several = cells(recipe)
    except BadValue:  # written by another version: its phrases are there all the same
        several = ()
    whole = " | ".join(phrase.text for phrase in recipe.phrases)
    each = (" | ".join(phrase.text for phrase in cell.recipe.phrases) for cell in several)
    return tuple(dict.fromkeys((whole, *each)))
