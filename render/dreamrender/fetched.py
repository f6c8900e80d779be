"""The files of a generator, by what they are called in the catalogue."""

from __future__ import annotations

from pathlib import Path

from dreamrender.shelf import shelf


def fetched(name: str, *suffixes: str) -> list[Path]:
    """The files `<name><suffix>` of a catalogue entry; raises PaintError if one of them is not here."""
    return shelf().require(name, *(f"{name}{suffix}" for suffix in suffixes))
