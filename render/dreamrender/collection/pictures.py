"""The pictures of a collection: which files count, and how one is opened without trusting it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from PIL.Image import Image as PILImage

from dreamqueue.collection import slug
from dreamqueue.errors import PictureError
from dreamqueue.pictures import open_picture
from dreamqueue.text import normalise, quote

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"})
MOST_PICTURES = 50_000
"""Of one collection; what lies beyond is left out."""
DEEPEST = 4
"""Folders within folders."""
MAX_BYTES = 32 * 1024 * 1024
MAX_PIXELS = 50_000_000
SIDE = 384
"""Pixels that a picture's longer side has at most when it is looked at."""


class PictureFile(NamedTuple):
    """A file as it lay there: another size or time is another picture."""

    path: str
    """Below the collection, with `/` between the parts."""
    size: int
    modified: int
    """Nanoseconds."""

    @property
    def folder(self) -> str:
        """Name of the artist or concept, see `slug`; empty for a picture that lies in none."""
        first, _, rest = self.path.partition("/")
        return slug(first) if rest else ""

    @property
    def shown(self) -> str:
        """Its path, fit to stand in a message."""
        return f"`{quote(normalise(self.path)) or '?'}`"


def pictures_in(path: Path) -> list[PictureFile]:
    """The picture files below a folder, by path. Links and hidden ones are left out."""
    return sorted(found for found, _ in zip(_walk(path, "", 0), range(MOST_PICTURES), strict=False))


def read(path: Path, picture: PictureFile) -> PILImage:
    """The picture in RGB, at most `SIDE` long; raises PictureError for one that cannot be used."""
    if picture.size > MAX_BYTES:
        raise PictureError(f"The file is larger than {MAX_BYTES >> 20} MiB.")
    try:
        # No link is followed and no pipe waited for, whatever took the file's place since it was seen.
        handle = os.open(path / picture.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with open(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise PictureError("This is no file.")
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise PictureError(f"The file cannot be read: {error.strerror}.") from error
    return open_picture(data, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS, side=SIDE)


def _walk(root: Path, below: str, depth: int) -> Iterator[PictureFile]:
    try:
        with os.scandir(root / below) as entries:
            listed = sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return
    for entry in listed:
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_dir(follow_symlinks=False):
            if depth < DEEPEST:
                yield from _walk(root, f"{below}{entry.name}/", depth + 1)
        elif os.path.splitext(entry.name)[1].lower() in SUFFIXES and entry.is_file(follow_symlinks=False):
            found = entry.stat(follow_symlinks=False)
            yield PictureFile(f"{below}{entry.name}", found.st_size, found.st_mtime_ns)
