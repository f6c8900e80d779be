"""The menu: the names a prompt may use, and the search for the one that was meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TypeVar

from dreamconfig import catalogue
from dreamconfig.catalogue import BackendEntry, ModelEntry, Style
from dreamqueue.errors import UnknownWord
from dreamqueue.text import quote

CRITICS = frozenset({"pocket", "open_clip"})
"""Kinds of checkpoints that can judge a picture."""

FARTHEST = 8
"""Letters by which a misspelt name may be longer or shorter."""

LORA = "lora"
"""The kind of checkpoints that change a diffusion."""

Entry = TypeVar("Entry")


@dataclass(frozen=True)
class Menu:
    """What may be asked for by name. The first of each is the default."""

    backends: Mapping[str, BackendEntry]
    critics: Mapping[str, ModelEntry]
    styles: Mapping[str, Style]
    loras: Mapping[str, ModelEntry] = field(default_factory=dict)
    """They have no default."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Names that styles had once, and those they have now."""

    def style(self, typed: str) -> Style | None:
        """The style that a name means, also one that it had once; None for no style's name."""
        wanted = name_of(typed)
        return self.styles.get(self.renamed.get(wanted, wanted))


def whole_menu(
    critic: str | None = None,
    styles: Mapping[str, Style] | None = None,
    renamed: Mapping[str, str] | None = None,
) -> Menu:
    """All that the catalogue holds, with this critic as the default; a community's styles in the shipped
    ones' stead."""
    models = catalogue.models()
    critics = {name: model for name, model in models.items() if model.kind in CRITICS}
    loras = {name: model for name, model in models.items() if model.kind == LORA}
    if critic in critics:
        critics = {critic: critics[critic], **critics}
    found = catalogue.styles() if styles is None else styles
    return Menu(catalogue.backends(), critics, found, loras, renamed or {})


def name_of(typed: str) -> str:
    """A name as the catalogue spells it: `Matte Painting` and `matte_painting` are `matte-painting`."""
    return "-".join(typed.casefold().replace("_", " ").split())


def nearest(typed: str, known: Iterable[str]) -> list[str]:
    """Up to three names that may have been meant, best first."""
    by_name = {name_of(name): name for name in known}
    word = name_of(typed)[:60]
    close = get_close_matches(word, by_name, n=3, cutoff=0.65)
    longer = [name for name in by_name if len(word) >= 3 and word in name and name not in close]
    return [by_name[name] for name in (close + longer)[:3]]


def resembles(typed: str, known: Iterable[str]) -> bool:
    """Whether this is one of the names, or one of them misspelt."""
    word = name_of(typed)[:60]
    like = (name_of(name) for name in known if abs(len(name) - len(word)) <= FARTHEST)
    return bool(get_close_matches(word, like, n=1, cutoff=0.7))


def find(kind: str, typed: str, known: Mapping[str, Entry]) -> tuple[str, Entry]:
    """The entry with this name, and the name as the catalogue spells it."""
    wanted = name_of(typed)
    for name, entry in known.items():
        if name_of(name) == wanted:
            return name, entry
    raise UnknownWord(kind, quote(typed), nearest(typed, known), list(known))
