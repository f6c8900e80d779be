"""The flags that change how the loop steers, both ways: from what was typed, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dreamqueue.course import write_course
from dreamqueue.prompt.courses import EXAMPLES, course
from dreamqueue.prompt.reading import Use
from dreamqueue.recipe import MAX_CUTS, MIN_SHARE, Recipe


@dataclass(frozen=True)
class Dial:
    """A flag with a course, and the field of the same name; where it is not turned the field is None."""

    least: float
    most: float
    examples: tuple[str, str] = EXAMPLES
    whole: bool = False


DIALS = {
    "cuts": Dial(1, MAX_CUTS, ("8..32", "8@0%,32@40%"), whole=True),
    "resolution": Dial(MIN_SHARE, 1, ("0.25..1", "0.25@0%,1@40%")),
}


def asked(said: Mapping[str, Use]) -> dict[str, Any]:
    """The fields of a recipe that these flags give; raises BadValue."""
    return {
        name: course(said[name], dial.least, dial.most, examples=dial.examples, whole=dial.whole)
        for name, dial in DIALS.items()
        if name in said
    }


def written(recipe: Recipe) -> dict[str, object]:
    """The flags that `asked` turns into these fields again."""
    turned = {name: getattr(recipe, name) for name in DIALS}
    return {name: write_course(value) for name, value in turned.items() if value is not None}
