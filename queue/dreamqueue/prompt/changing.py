"""An old recipe with a few things changed, as a member types them: other words, other flags, or both."""

from __future__ import annotations

from collections.abc import Callable

from dreamqueue.errors import PromptError
from dreamqueue.prompt.canonical import flags_of, spoken
from dreamqueue.prompt.flags import FLAGS
from dreamqueue.prompt.grammar import parse, random_seed
from dreamqueue.prompt.leaning import said_in
from dreamqueue.prompt.limits import Limits
from dreamqueue.prompt.menu import Menu, resembles, whole_menu
from dreamqueue.prompt.reading import Piece, read
from dreamqueue.recipe import Recipe
from dreamqueue.text import normalise

ITS_OWN = frozenset({"critic", "size", "candidates", "finish", "trial"})
"""What stays as it was when another painter is asked for; the rest was said to the old one."""


def changed(
    recipe: Recipe,
    changes: str,
    *,
    limits: Limits | None = None,
    menu: Menu | None = None,
    seed: Callable[[], int] = random_seed,
) -> Recipe:
    """The recipe with another seed, and with what `changes` says instead of what it said.

    Words take the place of its words, a flag that of its flag; styles and `--no` are added to its words
    where no new ones are given. Its pictures stay. Raises PromptError.
    """
    menu = menu or whole_menu()
    names = [*FLAGS, *menu.styles]
    asked = read(normalise(changes), lambda name: resembles(name, names))
    said = said_in(changes, menu)
    flags = {name: str(value) for name, value in flags_of(recipe).items() if name != "seed"}
    if said & {"backend", "preset"}:
        flags = {name: value for name, value in flags.items() if name in ITS_OWN}
    if said & {"candidates", "finish", "trial", "best-of"}:
        flags = {name: value for name, value in flags.items() if name not in ITS_OWN - {"critic", "size"}}
    text = changes if _has_words(asked.pieces) or "story" in said else f"{spoken(recipe.phrases)} {changes}"
    try:
        found = parse(text, options=flags, limits=limits, menu=menu, seed=seed)
    except PromptError:
        if not said & {"backend", "preset"} or "size" not in flags:
            raise
        del flags["size"]  # which a painter of one size only cannot take over
        found = parse(text, options=flags, limits=limits, menu=menu, seed=seed)
    kept: dict[str, object] = {"image": recipe.image, "targets": recipe.targets}
    if not _has_words(asked.pieces):
        kept["styles"] = tuple(dict.fromkeys((*recipe.styles, *found.styles)))
    return found.model_copy(update=kept)


def _has_words(pieces: list[Piece]) -> bool:
    return any(piece.steers_towards for piece in pieces)
