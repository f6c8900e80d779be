"""The words a render turns to on its way: a prompt without the flags that cannot change any more."""

from __future__ import annotations

from dreamqueue.errors import BadValue
from dreamqueue.prompt.flags import FLAGS
from dreamqueue.prompt.grammar import parse
from dreamqueue.prompt.limits import Limits
from dreamqueue.prompt.menu import Menu
from dreamqueue.prompt.reading import read
from dreamqueue.recipe import Phrase
from dreamqueue.text import normalise

ONLY_WORDS = "only the words can change on the way, with `--style` and `--no` among them."


def parse_turn(text: str, limits: Limits | None = None, menu: Menu | None = None) -> tuple[Phrase, ...]:
    """The phrases of a text, styles and `--no` included; raises PromptError as `parse` does."""
    for use in read(normalise(text)).uses:
        if use.name in FLAGS and not FLAGS[use.name].many:
            raise BadValue(use.said, ONLY_WORDS)
    recipe = parse(text, limits=limits, menu=menu, seed=lambda: 0)
    for style in recipe.styles:
        if style.flags:
            raise BadValue(f"--{style.name}", f"it brings `{style.flags}` along, and {ONLY_WORDS}")
    return recipe.phrases
