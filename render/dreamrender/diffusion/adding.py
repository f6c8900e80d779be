"""Pipelines and LoRAs of a community's own: from a folder, a repository or a file into its catalogue."""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dreamconfig.catalogue import FileEntry, Memory, ModelEntry, Painting, models
from dreamqueue.errors import PaintError
from dreamrender.adding import add, allow, check_name, check_new, join
from dreamrender.checking import look
from dreamrender.diffusion import repositories
from dreamrender.diffusion.folders import Folder, describe
from dreamrender.diffusion.headers import count, megabytes
from dreamrender.diffusion.loras import describe_lora
from dreamrender.fetching import Tell
from dreamrender.shelf import Shelf

BACKEND = "diffusion"
PIXEL = 7.0
"""Kilobytes for each pixel: what decoding a picture of an autoencoder takes, as of the shipped models."""
ALIKE = {"LatentConsistencyModelPipeline": "diffusion-lcm"}
"""Classes that paint unlike others of their family, and a shipped model of each."""
SIDE = 512
"""Pixels, where a model does not say what it was trained at."""


@dataclass(frozen=True)
class Terms:
    """What whoever adds a model says of it."""

    title: str = ""
    licence: str = ""
    commercial: bool = False

    def told(self, name: str) -> dict[str, Any]:
        """The fields of an entry."""
        return {
            "title": self.title or f"Our own: {name}",
            "licence": self.licence or "not stated",
            "commercial": self.commercial,
        }


def add_folder(shelf: Shelf, name: str, folder: Path, terms: Terms, *, link: bool = False) -> str:
    """Put a pipeline's folder on the shelf, copied or left where it is; says what it is.

    The catalogue's own names may be used too: then this folder is that model. Raises PaintError.
    """
    check_name(name)
    what = describe(folder)
    entry = _entry(name, what, terms, folder=str(folder.resolve()) if link else name, origin="added here")
    if (known := models().get(name)) is not None:
        if known.kind != "diffusers":
            raise PaintError(f"`{name}` is something else in the catalogue: {known.title}.")
        entry = known.model_copy(
            update={"folder": entry.folder, "file": None, "sha256": None, "repository": None, "connected": ()}
        )
    allow(shelf, name, entry.licence, commercial=entry.commercial)
    check_new(shelf.folder, name)
    said = look(name, entry, [folder])
    try:
        shelf.folder.mkdir(parents=True, exist_ok=True)
        if not link:
            _copy(what, shelf.folder / name)
        join(shelf.folder, name, entry)
    except OSError as error:
        raise PaintError(f"`{name}` could not be added: {error.strerror} ({error.filename}).") from error
    return said


def add_repository(
    shelf: Shelf,
    name: str,
    repository: str,
    terms: Terms,
    tell: Tell = lambda here, whole: None,
    *,
    revision: str | None = None,
    variant: str = "",
    give_up: threading.Event | None = None,
) -> str:
    """Fetch a repository of the hub and write it into the catalogue; says what it is. Raises PaintError.

    What is fetched stays if it is given up, and the next attempt goes on.
    """
    check_name(name)
    if name in models():
        raise PaintError(f"The catalogue has a model `{name}` already; please take another name.")
    allow(shelf, name, terms.licence or "not stated", commercial=terms.commercial)
    bare = ModelEntry(
        **terms.told(name),
        kind="diffusers",
        origin=f"https://huggingface.co/{repository}",
        megabytes=0,
        repository=repository,
        revision=revision,
        variant=variant,
        backend=BACKEND,
    )
    what = describe(repositories.fetch(bare, shelf.folder, tell, give_up=give_up), variant)
    told = {"repository": repository, "revision": revision, "variant": what.variant}
    entry = _entry(name, what, terms, origin=bare.origin, **told)
    said = look(name, entry, [what.path])
    join(shelf.folder, name, entry)
    return said


def add_lora(shelf: Shelf, name: str, file: Path, terms: Terms, *, link: bool = False) -> str:
    """Put a LoRA on the shelf; says what it is. Raises PaintError."""
    check_name(name)
    lora = describe_lora(file)
    if not lora.family:
        raise PaintError(f"{file.name} {lora.said}.")
    size = count([file])
    known = models().get(name)
    entry = known or ModelEntry(
        **terms.told(name),
        kind="lora",
        origin=f"{file.name}, added here",
        megabytes=round(file.stat().st_size / 1e6, 1),
        memory=Memory(fixed=max(0.1, megabytes(size))),
        files=(FileEntry(name=f"{name}.safetensors"),),
        family=lora.family,
    )
    if entry.kind != "lora":
        raise PaintError(f"`{name}` is something else in the catalogue: {entry.title}.")
    return add(shelf, name, [file], entry, link=link)


def painting_of(what: Folder) -> Painting:
    """How a pipeline of unknown origin paints: at the size it says and by its own scheduler, else as a
    shipped one of its family."""
    if what.class_name in ALIKE:
        usual = models()[ALIKE[what.class_name]].painting
    else:
        alike = (entry.painting for entry in models().values() if what.family and entry.family == what.family)
        fallback = Painting(size=(SIDE, SIDE), multiple=32)
        usual = next((painting for painting in alike if painting.size), fallback)
    side = _side(what)
    size = {"size": (side, side), "fixed": False} if side else {}
    return usual.model_copy(update={**size, "scheduler": ""})


def _side(what: Folder) -> int | None:
    """Pixels of a side that its networks are made for, as their config.json files have it."""
    shrinks = next((what.config(name) for name in ("vae", "vqvae", "movq") if name in what.components), {})
    widths = shrinks.get("block_out_channels") or shrinks.get("encoder_block_out_channels") or [0]
    for name in ("super_res_last", "unet", "transformer", "decoder"):
        side = what.config(name).get("sample_size")
        if isinstance(side, int):
            return int(side * 2 ** (len(widths) - 1))
    return None


def _entry(name: str, what: Folder, terms: Terms, **more: Any) -> ModelEntry:
    weights = count(what.weights)
    told: Mapping[str, Any] = {
        **terms.told(name),
        "kind": "diffusers",
        "megabytes": round(sum(path.stat().st_size for path in what.weights) / 1e6, 1),
        "memory": Memory(fixed=max(0.1, megabytes(weights)), pixel=PIXEL),
        "family": what.family,
        "variant": what.variant,
        "painting": painting_of(what),
        "backend": BACKEND,
    }
    return ModelEntry(**{**told, **more})


def _copy(what: Folder, place: Path) -> None:
    """The files that loading takes, put in place at once."""
    names = [path.relative_to(what.path).as_posix() for path in what.path.rglob("*") if path.is_file()]
    with tempfile.TemporaryDirectory(prefix=".adding-", dir=place.parent) as waiting:
        for name in what.needed(names):
            (to := Path(waiting) / "new" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(what.path / name, to)
        if place.exists():
            os.replace(place, Path(waiting) / "old")
        os.replace(Path(waiting) / "new", place)
