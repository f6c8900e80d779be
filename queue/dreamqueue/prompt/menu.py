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


def whole_menu(critic: str | None = None) -> Menu:
    """All that the catalogue holds, with this critic as the default."""
    models = catalogue.models()
    critics = {name: model for name, model in models.items() if model.kind in CRITICS}
    loras = {name: model for name, model in models.items() if model.kind == LORA}
    if critic in critics:
        critics = {critic: critics[critic], **critics}
    return Menu(catalogue.backends(), critics, catalogue.styles(), loras)


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
    return bool(get_close_matches(name_of(typed)[:60], map(name_of, known), n=1, cutoff=0.7))


def find(kind: str, typed: str, known: Mapping[str, Entry]) -> tuple[str, Entry]:
    """The entry with this name, and the name as the catalogue spells it."""
    wanted = name_of(typed)
    for name, entry in known.items():
        if name_of(name) == wanted:
            return name, entry
    raise UnknownWord(kind, quote(typed), nearest(typed, known), list(known))
