"""The index: what a critic sees in each picture of a collection, looked at once and kept."""

from __future__ import annotations

import hashlib
import logging
import os
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from dreamqueue.errors import PictureError
from dreamrender.aims import LOOK
from dreamrender.canvas import covering
from dreamrender.collection import index_file
from dreamrender.collection.index_file import Kept
from dreamrender.collection.pictures import PictureFile, pictures_in, read
from dreamrender.critics import Critic
from dreamrender.cutouts import cut_out
from dreamrender.types import Embeddings, Image

log = logging.getLogger(__name__)

LOOKS = 4
"""Cutouts of each picture whose mean is kept."""
BATCH = 16
"""Pictures that are looked at together."""
SAVE_EVERY = 60.0
"""Seconds of looking that are lost at most."""
SAY_EVERY = 10.0
"""Seconds between two lines in the log."""
READERS = min(4, os.cpu_count() or 1)

Progress = Callable[[int, int], None]
"""Pictures looked at, and pictures there are."""


@dataclass(frozen=True)
class Index:
    """A collection as one critic sees it."""

    pictures: tuple[PictureFile, ...]
    """Those that have been looked at, by path."""
    embeddings: Embeddings
    """Unit vectors in that order, (pictures, dim), on the CPU."""
    damaged: tuple[PictureFile, ...] = ()
    """Those that cannot be read."""
    unseen: int = 0
    """How many have not been looked at yet."""


def index(
    collection: Path,
    critic: Critic,
    device: torch.device | str = "cpu",
    *,
    first: Collection[str] = (),
    until: float | None = None,
    progress: Progress | None = None,
) -> Index:
    """The index as the folder is now: new pictures are looked at and kept, gone ones dropped.

    `until` (of `time.monotonic`) ends the looking early; one batch is looked at whatever the time. Pictures
    of the folders in `first` go before others, all else comes in an order that has nothing to do with names.
    """
    probes = embedded_all(_probes(), critic, device)
    found = pictures_in(collection)
    kept = index_file.load(collection, critic, probes)
    seen = {picture: kept.embeddings[picture] for picture in found if picture in kept.embeddings}
    damaged = set(kept.damaged.intersection(found))
    unseen = sorted(
        set(found) - seen.keys() - damaged, key=lambda one: (one.folder not in first, _shuffled(one))
    )
    say = progress or _Log(collection, critic, len(seen) + len(damaged))
    changed = len(seen) + len(damaged) < len(kept.embeddings) + len(kept.damaged)
    saved = time.monotonic()
    for batch in _batches(unseen):
        rows = _look(collection, batch, critic, device)
        seen.update(rows)
        damaged.update(set(batch) - rows.keys())
        changed = True
        say(len(seen) + len(damaged), len(found))
        now = time.monotonic()
        if until is not None and now >= until:
            break
        if now - saved > SAVE_EVERY:
            index_file.save(collection, critic, probes, Kept(seen, frozenset(damaged)))
            saved = now
    if changed:
        others = index_file.load(collection, critic, probes)  # another worker may have looked meanwhile
        for picture in set(found) & others.embeddings.keys() - seen.keys():
            seen[picture] = others.embeddings[picture]
        index_file.save(collection, critic, probes, Kept(seen, frozenset(damaged)))
    pictures = tuple(sorted(seen))
    return Index(
        pictures,
        torch.stack([seen[picture] for picture in pictures]).float()
        if pictures
        else torch.empty(0, critic.dim),
        tuple(sorted(damaged)),
        len(set(found) - seen.keys() - damaged),
    )


@torch.no_grad()
def embedded_all(images: Sequence[Image], critic: Critic, device: torch.device | str) -> Tensor:
    """What a critic sees in each picture, (N, dim), half precision, on the CPU: the mean of some cutouts.

    They are cut on the CPU, whose random numbers are the same wherever the critic is.
    """
    cuts = [
        cut_out(image, LOOKS, critic.image_size, LOOK, torch.Generator().manual_seed(0)) for image in images
    ]
    looks = critic.encode_images(torch.cat(cuts).to(device)).float().view(len(images), LOOKS, -1)
    return F.normalize(looks.mean(1), dim=-1).half().cpu()


def _look(
    collection: Path, batch: Sequence[PictureFile], critic: Critic, device: torch.device | str
) -> dict[PictureFile, Tensor]:
    """Embeddings of those that can be read."""
    with ThreadPoolExecutor(READERS) as readers:
        images = list(readers.map(partial(_opened, collection), batch))
    found = [(picture, image) for picture, image in zip(batch, images, strict=True) if image is not None]
    rows = embedded_all([image for _, image in found], critic, device) if found else ()
    return {picture: row for (picture, _), row in zip(found, rows, strict=True)}


def _opened(collection: Path, picture: PictureFile) -> Image | None:
    try:
        opened = read(collection, picture)
    except PictureError as error:
        log.warning("%s: %s is left out: %s", collection.name, picture.shown, error)
        return None
    return covering(opened, opened.height, opened.width)


def _probes() -> list[Image]:
    """Pictures that are always the same, by which a critic is known again: colour, stripes, and noise."""
    ramp = torch.linspace(0, 1, 64)
    across, down = ramp.expand(64, 64), ramp[:, None].expand(64, 64)
    noise = torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(3))
    stripes = (across * 50).sin().expand(3, -1, -1).clamp(0, 1)
    return [torch.stack([across, down, 1 - across]), stripes, noise]


def _batches(pictures: Sequence[PictureFile]) -> Iterator[Sequence[PictureFile]]:
    for start in range(0, len(pictures), BATCH):
        yield pictures[start : start + BATCH]


def _shuffled(picture: PictureFile) -> bytes:
    return hashlib.sha256(os.fsencode(picture.path)).digest()


class _Log:
    """Says in the log how far it is, and how long it may take."""

    def __init__(self, collection: Path, critic: Critic, before: int) -> None:
        self._name, self._critic, self._before = collection.name, critic.name, before
        self._began = self._said = time.monotonic()

    def __call__(self, done: int, of: int) -> None:
        now = time.monotonic()
        if now - self._said < SAY_EVERY and done < of:
            return
        self._said = now
        left = (of - done) * (now - self._began) / max(1, done - self._before)
        log.info(
            "%s: %s has looked at %d of %d pictures; %.0f s more", self._name, self._critic, done, of, left
        )
