"""What pictures are looked through for before they are shown, and what is done where: a TOML file.

`concepts.toml` beside this one is an example that explains itself; DREAM_CONCEPTS names a community's own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

Action: TypeAlias = Literal["post", "spoiler", "hold", "drop"]
ACTIONS: tuple[Action, ...] = ("post", "spoiler", "hold", "drop")
"""The mildest first."""
USUAL = ("a picture", "a photo", "a painting", "a drawing", "an abstract painting", "a landscape", "a person")
"""What a concept has to be nearer than, where nothing is said."""
UNKNOWN: Action = "hold"
"""For what a worker found and this process has no concept for, and for what nobody has looked at."""

Text = Annotated[str, Field(min_length=1, max_length=200)]


class Concept(BaseModel):
    """Something that may be on a picture."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    texts: Annotated[tuple[Text, ...], Field(min_length=1, max_length=64)]
    counter: Annotated[tuple[Text, ...], Field(min_length=1, max_length=64)] = USUAL
    margin: Annotated[float, Field(ge=-1, le=1)] = 0.0
    """How much nearer the best text has to be than the best counter text, as cosine similarity."""
    threshold: Annotated[float, Field(ge=-1, le=1)] | None = None
    """Cosine similarity that the best text has to have besides."""
    action: Action = "hold"
    """Where nothing else is said."""


class Concepts(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    critic: str = ""
    """A name of the catalogue; empty: the settings' own."""
    concepts: Annotated[
        dict[Annotated[str, Field(pattern=r"^[\w -]{1,40}$")], Concept], Field(max_length=32)
    ] = Field(default_factory=dict)
    age_restricted: Annotated[dict[str, Action], Field(alias="age-restricted")] = Field(default_factory=dict)
    channels: dict[str, dict[str, Action]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for place in (self.age_restricted, *self.channels.values()):
            if unknown := sorted(set(place) - set(self.concepts)):
                raise ValueError(f"there is no concept `{unknown[0]}`; there are {', '.join(self.concepts)}")
        return self

    def __bool__(self) -> bool:
        """Whether anything is looked for."""
        return bool(self.concepts)

    def action(
        self, found: Iterable[str] | None, places: Iterable[str] = (), *, age_restricted: bool = False
    ) -> Action:
        """What is done with a picture on which these concepts were found; None: nobody has looked.

        `places` are names and ids of its channel. The strictest action of all counts.
        """
        if found is None:
            return UNKNOWN if self else "post"
        here = [self.channels[place] for place in places if place in self.channels]
        here += [self.age_restricted] if age_restricted else []
        return strictest([self._one(name, here) for name in found])

    def _one(self, name: str, here: list[dict[str, Action]]) -> Action:
        if name not in self.concepts:
            return UNKNOWN
        return next((place[name] for place in here if name in place), self.concepts[name].action)


def strictest(actions: Iterable[Action]) -> Action:
    """Of several; "post" if there is none."""
    return max(actions, key=ACTIONS.index, default="post")


def read_concepts(path: Path | None) -> Concepts:
    """Read the file; no path or an empty file is no concepts. Raises ValueError that says what is wrong."""
    if path is None:
        return Concepts()
    try:
        table: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
        return Concepts.model_validate(table)
    except OSError as error:
        raise ValueError(f"DREAM_CONCEPTS: {path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = "".join(f"{part}: " for part in [".".join(map(str, first["loc"]))] if part)
        raise ValueError(
            f"DREAM_CONCEPTS: {path}: {where}{first['msg'].removeprefix('Value error, ')}"
        ) from error
    except ValueError as error:
        raise ValueError(f"DREAM_CONCEPTS: {path}: {error}") from error
