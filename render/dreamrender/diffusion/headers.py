"""What weights hold, from the headers of .safetensors files: names, shapes and types, without the numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from math import prod
from pathlib import Path

from safetensors import SafetensorError, safe_open

from dreamqueue.errors import PaintError

BYTES_OF_SINGLE = 4
"""Of a weight in single precision."""


def shapes(path: Path) -> Mapping[str, tuple[int, ...]]:
    """The shapes of a file's tensors by name; raises PaintError for a file that is none, or not whole."""
    try:
        with safe_open(path, framework="numpy") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise PaintError(f"{path.name} is no .safetensors file, or it is damaged: {error}") from error


def metadata(path: Path) -> Mapping[str, str]:
    """What a file's header says besides; raises PaintError."""
    try:
        with safe_open(path, framework="numpy") as file:
            return file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise PaintError(f"{path.name} is no .safetensors file, or it is damaged: {error}") from error


def count(paths: Iterable[Path]) -> int:
    """How many weights these files hold; raises PaintError."""
    return sum(prod(shape) for path in paths for shape in shapes(path).values())


def megabytes(weights: int) -> float:
    """What so many weights take in single precision; a GPU takes half of it."""
    return round(weights * BYTES_OF_SINGLE / 1e6, 1)


def checksum(paths: Iterable[Path]) -> str:
    """One sha256, in hex, of these files one after the other."""
    whole = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                whole.update(piece)
    return whole.hexdigest()
