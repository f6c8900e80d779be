"""`--collection harbours:0.8 --like turner:2, hokusai`: read and written back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dreamqueue.collection import (
    LIKED,
    MAX_LIKED,
    MAX_STRENGTH,
    MOST_LIKED,
    STRENGTH,
    Collection,
    Liked,
    slug,
)
from dreamqueue.course import shortest
from dreamqueue.errors import BadValue
from dreamqueue.prompt.reading import Use
from dreamqueue.text import quote

_NUMBER = r"[-+−–]?(?:[0-9]*\.)?[0-9]+(?:[eE][-+]?[0-9]{1,3})?"
_WEIGHTED = re.compile(rf"(?P<name>[^:]*)(?:(?<!:)::?\s*(?P<weight>{_NUMBER}))?\s*", re.ASCII)
_PLACES = frozenset("/\\")


def collection(said: Mapping[str, Use]) -> Collection | None:
    """The collection that was asked for, with its folders; None for none."""
    if "collection" not in said:
        if "like" in said:
            right = f"--collection NAME --like {quote(said['like'].value or '', 30)}"
            raise BadValue(said["like"].said, f"please say of which collection: `{right}`.")
        return None
    use = said["collection"]
    name, strength = _weighted(use, use.value or "", "collection", MAX_STRENGTH)
    return Collection(
        name=name,
        strength=STRENGTH if strength is None else strength,
        like=_liked(said["like"]) if "like" in said else (),
    )


def write_collection(wanted: Collection) -> dict[str, str]:
    """The flags that are read as this very collection, by name."""
    flags = {"collection": f"{wanted.name}:{shortest(wanted.strength)}"}
    if wanted.strength == STRENGTH:
        flags["collection"] = wanted.name
    if wanted.like:
        flags["like"] = ",".join(f"{liked.folder}:{shortest(liked.weight)}" for liked in wanted.like)
    return flags


def _liked(use: Use) -> tuple[Liked, ...]:
    found: dict[str, Liked] = {}
    for item in filter(None, (part.strip() for part in (use.value or "").split(","))):
        name, weight = _weighted(use, item, "folder", MAX_LIKED)
        if name in found:
            raise BadValue(use.said, f"`{name}` is there twice; please keep one of them.")
        found[name] = Liked(folder=name, weight=LIKED if weight is None else weight)
    if not 1 <= len(found) <= MOST_LIKED:
        raise BadValue(
            use.said, f"I need one to {MOST_LIKED} folders here, such as `--like turner:2, hokusai`."
        )
    return tuple(found.values())


def _weighted(use: Use, typed: str, what: str, most: float) -> tuple[str, float | None]:
    """A name and its weight, None if none was written."""
    match = _WEIGHTED.fullmatch(typed.replace('"', " ").replace("“", " ").replace("”", " ").strip())
    name = slug(match["name"]) if match else ""
    if match is None or not name or _PLACES & set(match["name"]):
        raise BadValue(
            use.said,
            f"I need the name of a {what} here, in letters and digits; a weight may follow it (`name:2`).",
        )
    if match["weight"] is None:
        return name, None
    weight = float(match["weight"].replace("−", "-").replace("–", "-"))
    if not 0 < weight <= most:
        raise BadValue(use.said, f"the weight of a {what} lies above 0 and is at most {most:g}.")
    return name, weight
