"""A prompt read with a member's own defaults, which give way to whatever they typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dreamqueue.errors import PromptError
from dreamqueue.prompt.flags import FLAGS
from dreamqueue.prompt.grammar import parse, random_seed
from dreamqueue.prompt.limits import Limits
from dreamqueue.prompt.menu import Menu, resembles, whole_menu
from dreamqueue.prompt.reading import read
from dreamqueue.recipe import Recipe
from dreamqueue.text import normalise


def lean(
    text: str,
    defaults: Mapping[str, str],
    *,
    options: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    menu: Menu | None = None,
    seed: Callable[[], int] = random_seed,
) -> Recipe:
    """`parse`, where `defaults` (backend, size, style) fill in what neither the text nor a field says.

    A default that what was typed cannot be painted with is left out; raises what `parse` does without any.
    """
    fields, menu = dict(options or {}), menu or whole_menu()
    said = said_in(text, menu) | set(fields)
    usable = dict(defaults)
    if said & {"backend", "preset"}:
        usable.pop("backend", None)
    if "size" in said:
        usable.pop("size", None)
    if "style" in said:
        usable.pop("style", None)
    for left_out in (set[str](), {"size"}, {"size", "backend"}, {"size", "backend", "style"}):
        kept = {name: value for name, value in usable.items() if name not in left_out}
        try:
            return parse(text, options={**kept, **fields}, limits=limits, menu=menu, seed=seed)
        except PromptError:
            if not kept:
                raise
    raise AssertionError("the last try leaves out every default")


def said_in(text: str, menu: Menu) -> set[str]:
    """Names of the flags that a text has; one that names a style is `style`."""
    names = [*FLAGS, *menu.styles]
    uses = read(normalise(text), lambda name: resembles(name, names)).uses
    return {use.name if use.name in FLAGS else "style" for use in uses}
