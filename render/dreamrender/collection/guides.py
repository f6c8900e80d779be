"""Guides: pictures of a collection that are steered towards, each in its own stage of the painting."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from dreamqueue.collection import Liked, unknown
from dreamqueue.course import value_at
from dreamqueue.errors import PaintError
from dreamqueue.recipe import Recipe
from dreamrender.backend import Inputs
from dreamrender.collection.choosing import STAGES, choose, groups
from dreamrender.collection.index import Index, index
from dreamrender.collection.pictures import PictureFile, pictures_in
from dreamrender.collection.shelf import PictureFolder
from dreamrender.critics import Critic
from dreamrender.schedule import Schedule, progress, stage
from dreamrender.types import Embeddings

SECONDS = 20.0
"""How long new pictures are looked at before a painting begins: other paintings stand still meanwhile."""
NAMED = 3
"""Damaged pictures that a note names at most."""

Guide: TypeAlias = tuple[Embeddings, Schedule]
"""What a critic sees in a picture, (1, dim), and its weight by progress through the whole render."""


@dataclass(frozen=True)
class Guidance:
    """What a collection gives to one painting."""

    guides: tuple[tuple[Guide, ...], ...] = ()
    """By critic, in their order; the same pictures for all of them. Empty: none for any."""
    notes: tuple[str, ...] = ()
    """What the member should know, in their words."""


UNGUIDED = Guidance()


@dataclass(frozen=True)
class Collected:
    """A collection as the critics of a painting see it."""

    name: str
    pictures: Sequence[PictureFile]
    critics: Sequence[Critic]
    rows: Sequence[Embeddings]
    """By critic: unit vectors of the pictures, (pictures, dim)."""
    notes: tuple[str, ...] = ()

    def guidance(self, recipe: Recipe) -> Guidance:
        """The guides of a recipe. They depend on its words, its seed and the pictures alone.

        At any time the pictures weigh together the collection's strength times what the wanted phrases weigh,
        or less in the stage of a picture whose folder counts less than another's that was chosen.

        Each stage's picture suits the words as they are when it begins to count, so a render that turns to
        other words on its way is guided as its recipe says when that is painted again.
        """
        assert recipe.collection is not None
        among = groups(recipe, self.pictures)
        chosen = choose(_likeness(self, recipe), among, recipe.seed)
        weights = {picture: group.weight for group in among for picture in group.pictures}
        most = max(weights[one] for one in chosen)
        pulls = [
            _pull(recipe, recipe.collection.strength * weights[one] / most, place)
            for place, one in enumerate(chosen)
        ]
        guides = tuple(
            tuple((seen[[one]], pull) for one, pull in zip(chosen, pulls, strict=True)) for seen in self.rows
        )
        names = ", ".join(dict.fromkeys(self.pictures[one].shown for one in chosen))
        return Guidance(guides, (f"Guided by {names}.", *self.notes))


def collected(
    recipe: Recipe, inputs: Inputs, critics: Sequence[Critic], device: torch.device | str
) -> Collected | None:
    """The recipe's collection, new pictures looked at as far as the time allows; None if it names none.

    Raises PaintError for a collection that is not here or empty, UnknownWord for a folder it does not have.
    """
    wanted, folder = recipe.collection, inputs.collection
    if wanted is None:
        return None
    if folder is None:
        raise PaintError(f"The collection `{wanted.name}` is not on this worker.")
    _check_folders(folder, wanted.like)
    until, first = time.monotonic() + SECONDS, [liked.folder for liked in wanted.like]
    indexes = [index(folder.path, critic, device, first=first, until=until) for critic in critics]
    pictures = sorted(set(indexes[0].pictures).intersection(*(one.pictures for one in indexes[1:])))
    if not pictures:
        broken = len(indexes[0].damaged)
        why = f" Files in it that cannot be read: {broken}." if broken else ""
        raise PaintError(f"The collection `{folder.name}` has no pictures that I can look at.{why}")
    rows = [_rows(one, pictures) for one in indexes]
    return Collected(folder.name, pictures, critics, rows, tuple(_notes(folder, indexes[0])))


def _pull(recipe: Recipe, strength: float, place: int) -> Schedule:
    """A guide's weight. A render that was made longer has all stages anew from there on."""
    share = stage(place, STAGES)

    def weight(way: float) -> float:
        step = round(way * max(1, recipe.steps - 1))
        words = sum(max(0.0, value_at(phrase.weight, way)) for phrase in recipe.phrases)
        return strength * words * share(progress(step, recipe.steps_at(step)))

    return weight


def _likeness(pictures: Collected, recipe: Recipe) -> Float[Tensor, "stages pictures"]:
    """To the words that are wanted when each stage begins: the critics' z-scores added up."""
    steps = recipe.legs[0].steps if recipe.legs else recipe.steps
    pace = max(1, steps - 1) / max(1, recipe.steps - 1)
    begins = [max(0.0, (place - 0.5) / STAGES) * pace for place in range(STAGES)]
    weights = torch.tensor([[value_at(phrase.weight, t) for phrase in recipe.phrases] for t in begins])
    total = torch.zeros(STAGES, len(pictures.pictures))
    for critic, seen in zip(pictures.critics, pictures.rows, strict=True):
        texts = torch.cat([critic.encode_texts([phrase.text]) for phrase in recipe.phrases]).float().cpu()
        cosines = weights.clamp_min(0) @ texts @ seen.T
        spread = cosines - cosines.mean(1, keepdim=True)
        total += spread / spread.square().mean(1, keepdim=True).sqrt().clamp_min(1e-6)
    return total


def _check_folders(collection: PictureFolder, like: Sequence[Liked]) -> None:
    folders = {picture.folder for picture in pictures_in(collection.path)} - {""} if like else set()
    for liked in like:
        if liked.folder not in folders:
            raise unknown(f"folder of the collection `{collection.name}` called", liked.folder, folders)


def _rows(one: Index, pictures: Sequence[PictureFile]) -> Embeddings:
    places = {picture: row for row, picture in enumerate(one.pictures)}
    return F.normalize(one.embeddings[[places[picture] for picture in pictures]], dim=-1)


def _notes(folder: PictureFolder, first: Index) -> list[str]:
    notes = []
    if first.damaged:
        names = ", ".join(picture.shown for picture in first.damaged[:NAMED])
        more = f" and {len(first.damaged) - NAMED} more" if len(first.damaged) > NAMED else ""
        notes.append(f"I could not read {names}{more} of `{folder.name}`.")
    if first.unseen:
        there = len(first.pictures) + len(first.damaged)
        notes.append(
            f"I have looked at {there:,} of the {there + first.unseen:,} pictures of `{folder.name}` so far; "
            "the others come in with the next paintings."
        )
    return notes
