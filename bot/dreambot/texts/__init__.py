"""What the bot says, one folder a language, one file a subject: `say("job.cancelled", by="Ada")`.

A line is a format string, or a table of `one` and `other` chosen by its fact `count`. English is complete;
what another language lacks is said in English. Lines hold no markup of members: facts are put in as they are.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import resources

ENGLISH = "en"

Line = str | Mapping[str, str]


@dataclass(frozen=True)
class Speech:
    """One language."""

    language: str
    lines: Mapping[str, Line] = field(repr=False)

    def say(self, key: str, **facts: object) -> str:
        """A line with its facts put in. Raises KeyError for a line that there is not, or a fact it lacks."""
        line = self.lines[key]
        if not isinstance(line, str):
            line = line["one" if facts["count"] == 1 else "other"]
        return line.format(**facts)

    def knows(self, key: str) -> bool:
        """Whether there is such a line."""
        return key in self.lines


def languages() -> tuple[str, ...]:
    """Those that there are, by Discord's codes; English first."""
    folders = (place.name for place in resources.files(__name__).iterdir() if place.is_dir())
    found = sorted(name for name in folders if not name.startswith("_"))
    return (ENGLISH, *(name for name in found if name != ENGLISH))


def speech(locale: object = ENGLISH) -> Speech:
    """The language of one of Discord's locales ("de", "en-GB"); English where there is none of it."""
    code = str(locale).partition("-")[0]
    return _speech(code if code in languages() else ENGLISH)


@cache
def _speech(language: str) -> Speech:
    return Speech(language, {**lines(ENGLISH), **lines(language)})


@cache
def lines(language: str) -> Mapping[str, Line]:
    """The lines of one language alone, by `<file>.<key>`."""
    found: dict[str, Line] = {}
    for file in resources.files(__name__).joinpath(language).iterdir():
        if file.name.endswith(".toml"):
            table = tomllib.loads(file.read_text("utf-8"))
            found |= {f"{file.name.removesuffix('.toml')}.{key}": line for key, line in table.items()}
    return found
