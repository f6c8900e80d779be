"""The shelf: where the collections lie, and whose they are.

    <shelf>/<collection>/<folder: an artist or a concept>/picture.jpg
    <shelf>/@<member id>/<collection>/…          only for that member

Names from outside are compared with what lies there and never made into a path; links are not followed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dreamqueue.collection import slug, unknown
from dreamqueue.errors import PaintError


@dataclass(frozen=True)
class PictureFolder:
    """A collection's place on this machine."""

    name: str
    """As it is asked for, see `slug`."""
    path: Path
    member: str | None = None
    """Id of the only member who may use it; None: everybody."""

    @property
    def label(self) -> str:
        """Its name among all collections: `harbours`, `@123/harbours`."""
        return self.name if self.member is None else f"@{self.member}/{self.name}"


class Shelf:
    """A folder of collections; None holds none."""

    def __init__(self, path: Path | None) -> None:
        self.path = path

    def all(self) -> list[PictureFolder]:
        """Every collection, those for everybody first."""
        if self.path is None:
            return []
        mine = (
            self._in(folder, folder.name[1:]) for folder in _folders(self.path) if folder.name.startswith("@")
        )
        return [*self._in(self.path, None), *(found for some in mine for found in some)]

    def find(self, name: str, member: str) -> PictureFolder:
        """The collection of that name; a member's own goes before one for everybody.

        Raises PaintError where there is no shelf, UnknownWord for a name that this member cannot use.
        """
        if self.path is None:
            raise PaintError(
                "This worker has no collections. Who runs it can set DREAM_COLLECTIONS to a folder of them."
            )
        usable = [found for found in self.all() if found.member in (None, member)]
        for found in sorted(usable, key=lambda found: found.member is None):
            if found.name == name:
                return found
        raise unknown("collection", name, [found.name for found in usable])

    def _in(self, path: Path, member: str | None) -> Iterator[PictureFolder]:
        for folder in _folders(path):
            if not folder.name.startswith("@") and (name := slug(folder.name)):
                yield PictureFolder(name, folder, member)


def _folders(path: Path) -> list[Path]:
    """Real folders in a folder, by name; none if it cannot be read."""
    try:
        with os.scandir(path) as entries:
            found = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [path / name for name in sorted(found) if not name.startswith(".")]
