"""Guides: pictures of a collection that are steered towards, each in its own stage of the painting."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch.nn import functional as F

from dreamqueue.collection import Liked, unknown
from dreamqueue.course import value_at
from dreamqueue.errors import PaintError
from dreamqueue.recipe import Recipe
from dreamrender.backend import Inputs
from dreamrender.collection.choosing import choose, groups
from dreamrender.collection.index import Index, index
from dreamrender.collection.pictures import PictureFile
from dreamrender.collection.shelf import PictureFolder
from dreamrender.critics import Critic
from dreamrender.losses import weighted_cosine
from dreamrender.schedule import Schedule, stage
from dreamrender.types import Embeddings

SECONDS = 20.0
"""How long new pictures are looked at before a painting begins; others are being painted meanwhile."""
NAMED = 3
"""Damaged pictures that a note names at most."""

Guide: TypeAlias = tuple[Embeddings, Schedule]
"""What a critic sees in a picture, (1, dim), and its weight by progress."""


@dataclass(frozen=True)
class Guidance:
    """What a collection gives to one painting."""

    guides: tuple[tuple[Guide, ...], ...] = ()
    """By critic, in their order; the same pictures for all of them. Empty: none for any."""
    notes: tuple[str, ...] = ()
    """What the member should know, in their words."""


UNGUIDED = Guidance()


def guidance(
    recipe: Recipe, inputs: Inputs, critics: Sequence[Critic], device: torch.device | str
) -> Guidance:
    """The guides of a recipe. They depend on its words, its seed and the index alone.

    At any time the pictures weigh together the collection's strength times what the wanted phrases weigh, or
    less in the stage of a picture whose folder counts less than another's that was chosen. Raises PaintError
    for a collection that is not here or empty, UnknownWord for a folder that it does not have.
    """
    wanted, folder = recipe.collection, inputs.collection
    if wanted is None:
        return UNGUIDED
    if folder is None:
        raise PaintError(f"The collection `{wanted.name}` is not on this worker.")
    until = time.monotonic() + SECONDS
    first = [liked.folder for liked in wanted.like]
    indexes = [index(folder.path, critic, device, first=first, until=until) for critic in critics]
    pictures = _seen_by_all(indexes)
    _check(folder, wanted.like, pictures, indexes[0])
    rows = [_rows(one, pictures) for one in indexes]
    among = groups(recipe, pictures)
    generator = torch.Generator().manual_seed(recipe.seed)
    likeness = torch.stack(
        [_likeness(recipe, critic, seen) for critic, seen in zip(critics, rows, strict=True)]
    )
    chosen = choose(likeness.mean(0), among, generator)
    weights = {picture: group.weight for group in among for picture in group.pictures}
    most = max(weights[one] for one in chosen)
    schedules = [
        _pull(recipe, wanted.strength * weights[one] / most, stage(place, len(chosen)))
        for place, one in enumerate(chosen)
    ]
    guides = tuple(
        tuple((seen[[one]].to(device), pull) for one, pull in zip(chosen, schedules, strict=True))
        for seen in rows
    )
    return Guidance(guides, tuple(_notes(folder, indexes[0], [pictures[one] for one in chosen])))


def _pull(recipe: Recipe, strength: float, share: Schedule) -> Schedule:
    def weight(t: float) -> float:
        words = sum(max(0.0, value_at(phrase.weight, t)) for phrase in recipe.phrases)
        return strength * words * share(t)

    return weight


def _seen_by_all(indexes: Sequence[Index]) -> list[PictureFile]:
    common = set(indexes[0].pictures).intersection(*(one.pictures for one in indexes[1:]))
    return sorted(common)


def _check(
    folder: PictureFolder, like: Sequence[Liked], pictures: Sequence[PictureFile], first: Index
) -> None:
    if not pictures:
        why = f" Files in it that cannot be read: {len(first.damaged)}." if first.damaged else ""
        raise PaintError(f"The collection `{folder.name}` has no pictures that I can look at.{why}")
    for liked in like:
        if liked.folder not in first.folders:
            raise unknown(f"folder of the collection `{folder.name}` called", liked.folder, first.folders)


def _rows(one: Index, pictures: Sequence[PictureFile]) -> Embeddings:
    places = {picture: row for row, picture in enumerate(one.pictures)}
    return F.normalize(one.embeddings[[places[picture] for picture in pictures]], dim=-1)


def _likeness(recipe: Recipe, critic: Critic, seen: Embeddings) -> torch.Tensor:
    """To the wanted phrases, by their weights, in standard deviations: critics differ in their spread."""
    phrases = [phrase for phrase in recipe.phrases if value_at(phrase.weight, 0) > 0]
    if not phrases:
        return torch.zeros(len(seen))
    texts = critic.encode_texts([phrase.text for phrase in phrases]).float().cpu()
    weights = torch.tensor([value_at(phrase.weight, 0) for phrase in phrases])
    found = weighted_cosine(seen, texts, weights)
    return (found - found.mean()) / found.std(correction=0).clamp_min(1e-6)


def _notes(folder: PictureFolder, first: Index, chosen: Sequence[PictureFile]) -> list[str]:
    notes = [f"Guided by {', '.join(dict.fromkeys(picture.shown for picture in chosen))}."]
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
