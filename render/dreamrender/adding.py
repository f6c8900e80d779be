"""Adding a model from local files: to its place, and to the community's own catalogue if it is new."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from dreamconfig import catalogue
from dreamconfig.catalogue import FileEntry, ModelEntry, models
from dreamqueue.errors import PaintError
from dreamrender.checking import look
from dreamrender.fetching import WEIGHTS
from dreamrender.shelf import Shelf

NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def add(shelf: Shelf, name: str, given: Sequence[Path], entry: ModelEntry, *, link: bool = False) -> str:
    """Put files on the shelf as a model, if they load as one; says what it is.

    `given` are in the order of the entry's files. They are copied, or linked to with `link`. A model that the
    catalogue does not have joins the shelf's own `models.toml`. Raises PaintError; then nothing has changed.
    """
    allow(shelf, name, entry.licence, commercial=entry.commercial)
    try:
        shelf.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".adding-", dir=shelf.folder) as waiting:
            pairs = list(zip(given, entry.files, strict=True))
            paths = [_laid(path, Path(waiting), file, link=link) for path, file in pairs]
            what = look(name, entry, paths)
            for path, file in zip(paths, entry.files, strict=True):
                _clear(shelf, file)
                os.replace(path, shelf.folder / path.name)
            if name not in models():
                join(shelf.folder, name, entry)
    except OSError as error:
        raise PaintError(f"`{name}` could not be added: {error.strerror} ({error.filename}).") from error
    return what


def allow(shelf: Shelf, name: str, licence: str, *, commercial: bool) -> None:
    """Raises PaintError for a model that this worker would not paint with."""
    if not (commercial or shelf.non_commercial):
        raise PaintError(
            f"`{name}` would be refused when it is asked for: its licence ({licence}) is not known to "
            "allow commercial use. Set DREAM_NON_COMMERCIAL=true to allow such models, or say --commercial "
            "if it does allow it."
        )


def check_name(name: str) -> None:
    """Raises PaintError for a name that cannot be typed."""
    if not NAME.fullmatch(name):
        raise PaintError(f"A model's name has small letters, digits and single dashes: not `{name}`.")


def entry_for(
    name: str,
    kind: str,
    weights: Path,
    *,
    title: str,
    licence: str,
    commercial: bool,
    architecture: str | None = None,
) -> ModelEntry:
    """What the community's own catalogue says of a new model.

    Raises PaintError for a name that cannot be typed and for a file that can be none.
    """
    check_name(name)
    if weights.suffix not in WEIGHTS:
        raise PaintError(f"{weights.name} should end in {', '.join(WEIGHTS[:-1])} or {WEIGHTS[-1]}.")
    names = [f"{name}{weights.suffix}", *([f"{name}.yaml"] if kind == "vqgan" else [])]
    try:
        return ModelEntry(
            title=title or f"Our own: {name}",
            kind=kind,
            licence=licence or "not stated",
            commercial=commercial,
            origin=f"{weights.name}, added here",
            megabytes=round(weights.stat().st_size / 1e6, 1),
            files=tuple(FileEntry(name=file) for file in names),
            architecture=architecture,
            backend="vqgan" if kind == "vqgan" else None,
            memory=_like(kind),
        )
    except ValidationError as error:
        raise PaintError(f"`{kind}` is no kind of model that can be added.") from error


def _like(kind: str) -> catalogue.Memory:
    """What it takes is guessed from a published one of its kind."""
    return next(
        (m.memory for m in models().values() if m.kind == kind and m.file is None), catalogue.Memory()
    )


def _laid(path: Path, folder: Path, file: FileEntry, *, link: bool) -> Path:
    place = folder / file.name
    if path.suffix in WEIGHTS and place.suffix in WEIGHTS:
        place = place.with_suffix(path.suffix)
    if link:
        place.symlink_to(path.resolve())
    else:
        shutil.copyfile(path, place)
    return place


def _clear(shelf: Shelf, file: FileEntry) -> None:
    """An older file of another form would be found first."""
    while (path := shelf.place(file)).is_file() or path.is_symlink():
        path.unlink()
        path.with_name(f"{path.name}.sha256").unlink(missing_ok=True)


def check_new(folder: Path, name: str) -> None:
    """Raises PaintError if a folder's own catalogue has a model of that name."""
    path = folder / catalogue.OWN
    if path.is_file() and name in tomllib.loads(path.read_text("utf-8")):
        raise PaintError(f"{path} has a model `{name}` already; take its table out of there first.")


def join(folder: Path, name: str, entry: ModelEntry) -> None:
    """Write an entry into a folder's own catalogue, which this process knows from then on.

    Raises PaintError if the catalogue has one of that name.
    """
    path = folder / catalogue.OWN
    before = (
        path.read_text("utf-8") if path.is_file() else "# Models of our own, beside those that are shipped.\n"
    )
    table = entry.model_dump(exclude_defaults=True, mode="json")
    text = f"{before.rstrip()}\n\n[{name}]\n" + "".join(
        f"{key} = {_toml(value)}\n" for key, value in table.items()
    )
    check_new(folder, name)
    written = path.with_name(f"{path.name}.new")
    written.write_text(text, "utf-8")
    os.replace(written, path)
    catalogue.include(folder)


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
