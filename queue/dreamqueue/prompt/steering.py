"""The flags that change how the loop steers, both ways: from what was typed, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dreamqueue.course import shortest, write_course
from dreamqueue.errors import BadValue
from dreamqueue.prompt import palette
from dreamqueue.prompt.courses import EXAMPLES, course
from dreamqueue.prompt.menu import find
from dreamqueue.prompt.reading import Use
from dreamqueue.recipe import MAX_AVERAGE, MAX_CUTS, MIN_SHARE, Recipe

CUTOUTS = dict.fromkeys(("classic", "pooled", "overview"))


@dataclass(frozen=True)
class Dial:
    """A flag with a course; its field has the same name, with `_` for `-`."""

    least: float
    most: float
    examples: tuple[str, str] = EXAMPLES
    whole: bool = False


DIALS = {
    "cuts": Dial(1, MAX_CUTS, ("8..32", "8@0%,32@40%"), whole=True),
    "resolution": Dial(MIN_SHARE, 1, ("0.25..1", "0.25@0%,1@40%")),
    "rate": Dial(0.05, 20, ("2..0.5", "2@0%,0.5@40%")),
    "noise": Dial(0, 1, ("0.2..0", "0.2@0%,0@40%")),
    "range": Dial(0, 10),
    "symmetry-weight": Dial(0, 10),
    "palette-weight": Dial(0, 10),
}


def asked(said: Mapping[str, Use]) -> dict[str, Any]:
    """The fields of a recipe that these flags give; raises BadValue or UnknownWord."""
    fields: dict[str, Any] = {
        _field(name): course(said[name], dial.least, dial.most, examples=dial.examples, whole=dial.whole)
        for name, dial in DIALS.items()
        if name in said
    }
    if "cutouts" in said:
        fields["cutouts"] = find("way to cut", said["cutouts"].value or "", CUTOUTS)[0]
    if "palette" in said:
        fields["palette"] = palette.read(said["palette"])
    if "average" in said:
        fields["average"] = _average(said["average"])
    return fields


def written(recipe: Recipe) -> dict[str, object]:
    """The flags that `asked` turns into these fields again."""
    flags: dict[str, object] = {}
    for name in DIALS:
        value = getattr(recipe, _field(name))
        if value != Recipe.model_fields[_field(name)].default:
            flags[name] = write_course(value)
    if recipe.cutouts:
        flags["cutouts"] = recipe.cutouts
    if recipe.palette:
        flags["palette"] = ",".join(recipe.palette)
    if recipe.average is not None:
        flags["average"] = shortest(recipe.average)
    return flags


def _field(name: str) -> str:
    return name.replace("-", "_")


def _average(use: Use) -> float:
    try:
        number = float(use.value or "")
    except ValueError:
        number = -1.0
    if 0 <= number <= MAX_AVERAGE:
        return number + 0.0
    raise BadValue(use.said, f"I need a number from 0 to {MAX_AVERAGE:g} here; most are from 0.9 to 0.99.")
