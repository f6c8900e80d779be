"""The words a render turns to on its way: a prompt without the flags that cannot change any more."""

from __future__ import annotations

from dreamqueue.errors import BadValue
from dreamqueue.prompt.flags import FLAGS
from dreamqueue.prompt.grammar import parse
from dreamqueue.prompt.limits import Limits
from dreamqueue.prompt.reading import read
from dreamqueue.recipe import Phrase
from dreamqueue.text import normalise


def parse_turn(text: str, limits: Limits | None = None) -> tuple[Phrase, ...]:
    """The phrases of a text, styles and `--no` included; raises PromptError as `parse` does."""
    for use in read(normalise(text)).uses:
        if use.name in FLAGS and not FLAGS[use.name].many:
            raise BadValue(
                use.said, "only the words can change on the way, with `--style` and `--no` among them."
            )
    return parse(text, limits=limits, seed=lambda: 0).phrases
