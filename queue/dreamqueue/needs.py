"""What a job needs of a worker, and the lane that comes of it: jobs of equal needs wait in the same lane.

A worker takes jobs from every lane it can serve, so a job never waits on a worker that could not do it, and
no worker waits on another. The same question is asked when a job comes in: what nobody can do is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from math import ceil
from typing import Annotated

from pydantic import Field

from dreamconfig.catalogue import command, models, needed
from dreamqueue.memory import Estimate, estimate
from dreamqueue.recipe import Recipe
from dreamqueue.wire import WIRE, Wire
from dreamqueue.workers import WorkerCard


class Needs(Wire):
    """What a worker must have to paint a job."""

    version: int = WIRE
    """Of the records on the wire."""
    backend: str
    models: tuple[str, ...] = ()
    """Names of the catalogue, sorted."""
    gigabytes: Annotated[float, Field(ge=0)] = 0.0
    """Memory that it takes at least, in whole gigabytes; below one it is 0."""
    collections: tuple[str, ...] = ()
    """Labels of collections of pictures: any of these will do."""

    @property
    def lane(self) -> str:
        """The lane's name: the backend, and a number for all else."""
        said = self.model_dump_json().encode()
        return f"{self.backend}-{hashlib.sha256(said).hexdigest()[:8]}"


def needs_of(recipe: Recipe, member: str, cards: Iterable[WorkerCard] = ()) -> Needs:
    """What a recipe needs, asked for by a member. `cards` say who has the member's own collections."""
    loras = [lora.name for lora in recipe.loras if lora.name in models()]
    wanted = {*needed(recipe.backend, recipe.preset, recipe.critics), *loras}
    takes = least(recipe).at(recipe) / 1e9
    return Needs(
        backend=recipe.backend,
        models=tuple(sorted(wanted)),
        gigabytes=0.0 if takes < 1 else float(ceil(takes)),
        collections=_labels(recipe, member, cards),
    )


def least(recipe: Recipe) -> Estimate:
    """What it takes on a worker that saves memory in every way."""
    return estimate(recipe, apart=True, half=True)


def lacks(card: WorkerCard, needs: Needs) -> str | None:
    """What a worker is short of for this, in words that go on after "it"; None if it can do it."""
    if needs.version not in card.versions:
        return f"reads no records of version {needs.version}"
    if needs.backend not in card.backends:
        return f"does not paint with `{needs.backend}`"
    if card.models is not None:
        missing = [name for name in needs.models if name not in card.models]
        if missing:
            commands = " and ".join(command(name) for name in missing if name in models())
            return f"does not have {' and '.join(missing)} (whoever runs it: {commands})"
    if needs.gigabytes and card.gigabytes is not None and needs.gigabytes > card.gigabytes:
        return f"has {card.gigabytes:.3g} GB of memory, and this takes about {needs.gigabytes:g}"
    if needs.collections and not set(needs.collections) & set(card.collections):
        return "does not have this collection of pictures"
    return None


def _labels(recipe: Recipe, member: str, cards: Iterable[WorkerCard]) -> tuple[str, ...]:
    if recipe.collection is None:
        return ()
    name, own = recipe.collection.name, f"@{member}/{recipe.collection.name}"
    there = {label for card in cards for label in card.collections}
    return (own, name) if own in there else (name,)
