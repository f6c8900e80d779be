"""A trick: words (and perhaps flags) that make pictures better, under a name that the community shares."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from dreamconfig.catalogue import Style, styles
from dreamqueue.job import Owner
from dreamqueue.wire import Wire

LONGEST_NAME = 40
LONGEST_TEXT = 500
LONGEST_FLAGS = 200
LONGEST_ABOUT = 100
LONGEST_TAG = 24
MOST_TAGS = 8
MOST_EXAMPLES = 4

COUNTED = frozenset({"up", "down", "uses", "reports"})
"""Fields that are counted apart from the record."""

Name = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Tag = Annotated[str, Field(min_length=1, max_length=LONGEST_TAG)]
Count = Annotated[int, Field(ge=0)]


class Trick(Wire):
    """A trick as it is now. Records of it are made by `dreamqueue.tricks.drafted`, which checks the words."""

    name: Name
    """As it is typed: `unreal-engine` (`dreamqueue.tricks.names`)."""
    version: Annotated[int, Field(ge=1)] = 1
    """One higher after each edit."""
    text: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    """Where it has `{prompt}`, the phrase goes there; else it becomes a phrase of its own."""
    negative: Annotated[str, Field(max_length=LONGEST_TEXT)] = ""
    """What to steer away from."""
    flags: Annotated[str, Field(max_length=LONGEST_FLAGS)] = ""
    """Flags that come along; those that are typed win."""
    about: Annotated[str, Field(max_length=LONGEST_ABOUT)] = ""
    """What it does, in a few words."""
    author: Owner | None = None
    """Who shared it. None: it is shipped, or its author was forgotten."""
    tags: Annotated[tuple[Tag, ...], Field(max_length=MOST_TAGS)] = ()
    parent: Annotated[str, Field(max_length=LONGEST_NAME)] = ""
    """The trick that this one is a remix of."""
    examples: Annotated[
        tuple[Annotated[str, Field(max_length=80)], ...], Field(max_length=MOST_EXAMPLES)
    ] = ()
    """Ids of jobs that were painted with it."""
    state: Literal["offered", "hidden", "merged"] = "offered"
    """hidden: moderators have taken it off the menu; merged: its name means the trick `into`."""
    into: Annotated[str, Field(max_length=LONGEST_NAME)] = ""
    created: float = 0.0
    """Unix time, seconds, by Redis' clock; 0 for those that are shipped."""
    up: Count = 0
    down: Count = 0
    uses: Count = 0
    """Pictures that were painted with it."""
    reports: Count = 0
    """Members who have something against it."""

    @property
    def score(self) -> int:
        """Votes for it less those against it."""
        return self.up - self.down

    @property
    def shipped(self) -> bool:
        """Whether it came with the house, edited or not."""
        return self.name in starters()

    def style(self) -> Style:
        """As the prompt grammar takes it."""
        return Style(
            name=self.name,
            text=self.text,
            about=self.about,
            negative=self.negative,
            flags=self.flags,
            tags=self.tags,
            version=self.version,
        )

    def stored(self) -> str:
        """The record as it is kept, without what is counted apart."""
        return self.model_dump_json(exclude=set(COUNTED), exclude_defaults=True)


@cache
def starters() -> Mapping[str, Trick]:
    """The tricks that are shipped, by name."""
    return {
        name: Trick(
            name=name,
            text=style.text,
            about=style.about,
            negative=style.negative,
            flags=style.flags,
            tags=style.tags,
        )
        for name, style in styles().items()
    }
