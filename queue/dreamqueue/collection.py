"""A collection of pictures, as a recipe asks for it: its name, its strength, folders that count for more."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Annotated

from pydantic import AfterValidator, Field

from dreamqueue.errors import UnknownWord
from dreamqueue.text import BLANK
from dreamqueue.wire import Wire

MAX_NAME = 60
MOST_LIKED = 16
STRENGTH = 0.5
"""How much all pictures of a collection weigh together, of the phrases' weight."""
MAX_STRENGTH = 2.0
LIKED = 3.0
"""How much a folder counts that is asked for without a weight."""
MAX_LIKED = 100.0
MOST_SHOWN = 15
"""Names that an answer lists at most."""


def slug(name: str) -> str:
    """A name as it is compared and typed: `Old Masters (2)`, `old_masters-2` are both `old-masters-2`.

    Letters and digits of any script, small and without accents, at most `MAX_NAME` characters; empty for a
    name that has none.
    """
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    letters = "".join(
        character if character.isalnum() and character not in BLANK else " "
        for character in folded
        if not unicodedata.category(character).startswith("M")
    )
    return unicodedata.normalize("NFC", "-".join(letters.split()))[:MAX_NAME].rstrip("-")


def unknown(kind: str, name: str, known: Iterable[str]) -> UnknownWord:
    """The answer to a name that is not there: the nearest ones, or the first few."""
    names = sorted(set(known))
    shown = names[:MOST_SHOWN]
    if len(names) > MOST_SHOWN:
        shown.append(f"and {len(names) - MOST_SHOWN} more")
    return UnknownWord(kind, name, get_close_matches(name, names, n=3), shown)


def _is_slug(name: str) -> str:
    if not name or slug(name) != name:
        raise ValueError(
            f"a name is written like `{slug(name) or 'old-masters'}`: letters, digits and dashes"
        )
    return name


Called = Annotated[str, Field(max_length=MAX_NAME), AfterValidator(_is_slug)]
"""The name of a collection or a folder, as `slug` writes it. It is looked up, never made into a path."""


class Liked(Wire):
    """A folder whose pictures are chosen more often and pull more."""

    folder: Called
    weight: Annotated[float, Field(gt=0, le=MAX_LIKED, allow_inf_nan=False)] = LIKED
    """Folders that are not named have 1."""


class Collection(Wire):
    """Pictures of the worker's that guide the painting beside the phrases."""

    name: Called
    strength: Annotated[float, Field(gt=0, le=MAX_STRENGTH, allow_inf_nan=False)] = STRENGTH
    """What its pictures weigh together at any time, as a share of the phrases' weight."""
    like: Annotated[tuple[Liked, ...], Field(max_length=MOST_LIKED)] = ()
