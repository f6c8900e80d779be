"""What members of other bots are used to, both ways: `--stop 80` and `--tile`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dreamqueue.errors import BadValue
from dreamqueue.prompt.reading import Use
from dreamqueue.recipe import LEAST_STOP, Recipe

_YES = frozenset({"", "yes", "true", "on", "1"})
_NO = frozenset({"no", "false", "off", "0"})


def asked(said: Mapping[str, Use]) -> dict[str, Any]:
    """The fields of a recipe that these flags give; raises BadValue."""
    fields: dict[str, Any] = {}
    if "stop" in said:
        fields["stop"] = _stop(said["stop"])
    if "tile" in said:
        fields["tile"] = _tile(said["tile"])
    return fields


def written(recipe: Recipe) -> dict[str, object]:
    """The flags that `asked` turns into these fields again; True for one that takes no value."""
    flags: dict[str, object] = {}
    if recipe.stop < 100:
        flags["stop"] = recipe.stop
    if recipe.tile:
        flags["tile"] = True
    return flags


def told(recipe: Recipe) -> list[str]:
    """The same for people, in short: `stop 80%`, `tile`."""
    stop = [f"stop {recipe.stop}%"] if recipe.stop < 100 else []
    return [*stop, *(["tile"] if recipe.tile else [])]


def _stop(use: Use) -> int:
    match = re.fullmatch(r"([0-9]{1,3}) ?%?", use.value or "", re.ASCII)
    if match is None or not LEAST_STOP <= int(match[1]) <= 100:
        raise BadValue(
            use.said,
            f"I need a whole number from {LEAST_STOP} to 100 here, the per cent of the steps that are "
            "painted: `--stop 80`.",
        )
    return int(match[1])


def _tile(use: Use) -> bool:
    value = (use.value or "").casefold()
    if value in _YES | _NO:
        return value in _YES
    raise BadValue(use.said, "`--tile` takes no value: it is there, or it is not.")
