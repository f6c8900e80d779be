"""Names that are proposed while one is typed."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import SequenceMatcher
from typing import NamedTuple

from dreamqueue.prompt.menu import Menu, name_of, whole_menu
from dreamqueue.text import normalise

MOST_SUGGESTIONS = 25
"""Discord shows no more."""
LEAST_LIKE = 0.5
"""Of two names that resemble one another, at least."""
LONGEST_SUGGESTION = 100
"""Characters of a suggestion that Discord accepts."""


class Suggestion(NamedTuple):
    """What may be put into a field."""

    value: str
    about: str
    """For people, the name first."""


def alike(word: str, names: Iterable[str]) -> list[str]:
    """The names that begin with, then contain, then resemble a word; all of them for no word."""
    scored = [(score, name) for name in names if (score := _likeness(word[:60], name_of(name))) >= LEAST_LIKE]
    return [name for _, name in sorted(scored, key=lambda pair: -pair[0])]


def suggest_presets(typed: str, backend: str | None = None, menu: Menu | None = None) -> list[Suggestion]:
    """Presets of a backend; of all without one, each name for the backend that it would bring along."""
    menu = menu or whole_menu()
    found: dict[str, str] = {}
    for owner, entry in menu.backends.items():
        if backend in (None, owner):
            for preset, title in entry.presets.items():
                found.setdefault(preset, title if backend else f"{owner} · {title}")
    return _fit(
        Suggestion(name, f"{name} · {found[name]}") for name in alike(name_of(normalise(typed)), found)
    )


def suggest_loras(typed: str, menu: Menu | None = None) -> list[Suggestion]:
    """LoRAs; after a comma the last one is completed and the earlier ones are kept."""
    known = (menu or whole_menu()).loras
    before, comma, last = normalise(typed).rpartition(",")
    earlier = before + comma
    used = {name_of(part.partition(":")[0]) for part in before.split(",")}
    names = (name for name in alike(name_of(last), known) if name_of(name) not in used)
    return _fit(Suggestion(earlier + name, f"{earlier}{name} · {known[name].title}") for name in names)


def _fit(found: Iterable[Suggestion]) -> list[Suggestion]:
    shown = (one._replace(about=one.about[:LONGEST_SUGGESTION]) for one in found)
    return [one for one in shown if len(one.value) <= LONGEST_SUGGESTION][:MOST_SUGGESTIONS]


def _likeness(word: str, name: str) -> float:
    if name.startswith(word):
        return 3.0
    if word in name:
        return 2.0
    matcher = SequenceMatcher(None, word, name)
    quick = min(matcher.real_quick_ratio(), matcher.quick_ratio())
    return matcher.ratio() if quick >= LEAST_LIKE else 0.0
