"""The files of a generator, by what they are called in the catalogue."""

from __future__ import annotations

from pathlib import Path

from dreamconfig.catalogue import models
from dreamrender.shelf import shelf


def fetched(name: str, *suffixes: str) -> list[Path]:
    """The files `<name><suffix>` of a catalogue entry; raises PaintError if one of the entry's is not here."""
    names = [file.name for file in models()[name].files]
    paths = dict(zip(names, shelf().require(name), strict=True))
    return [paths[f"{name}{suffix}"] for suffix in suffixes]
