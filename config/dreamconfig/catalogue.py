"""What can be asked for: backends, critics and styles, read from the TOML files beside this one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

OWN = "models.toml"
"""Within the folder of models: entries of this community's own, in the shape of the shipped file."""


class Entry(BaseModel):
    """A table of a catalogue file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Memory(Entry):
    """What painting takes on its device, estimated from measurements (tools/memory): fit to refuse what is
    hopeless, not to fill the last megabyte. Megabytes are 10⁶ bytes."""

    fixed: float = 0.0
    """Megabytes whatever the size: weights, and what a step needs besides."""
    apart: float | None = None
    """The same where a GPU has a piece of the model at a time. None: it cannot be taken apart."""
    pixel: float = 0.0
    """Kilobytes for each pixel of the picture."""
    cut: float = 0.0
    """Megabytes for each cutout of a step."""
    largest: int | None = None
    """Pixels that it is steered at, at most: a larger picture, drawn only in the end, takes no more."""


class BackendEntry(Entry):
    """A way to paint, as members see it."""

    title: str
    lane: str
    """The queue that workers with this backend serve."""
    size: tuple[int, int]
    """Default width and height in pixels."""
    steps: int
    """Default number of steps."""
    preset_steps: dict[str, int] = {}
    """That of presets which need another."""
    max_steps: int
    multiple: int = 1
    """Width and height have to be multiples of this."""
    seconds_per_step: float
    """First guess of a step's cost in seconds at the default size, corrected by experience."""
    presets: dict[str, str] = {}
    """Named sets of defaults and what they are; the first is the default."""
    memory: Memory = Memory()
    """Of the canvas and the loop, without the models."""

    @property
    def preset(self) -> str:
        """The default preset, empty where a backend has none."""
        return next(iter(self.presets), "")


class FileEntry(Entry):
    """A file of a checkpoint."""

    name: Annotated[str, Field(pattern=r"^[\w-][\w.-]*$")]
    """As it is kept in the folder of models."""
    sources: tuple[str, ...] = ()
    """Where to get it, tried in order: an address, or `hf:owner/repository/file` on the Hugging Face hub."""
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    """As its publisher says; None where nobody does."""
    bytes: int | None = None
    """Its exact length, where it is known."""


class ModelEntry(Entry):
    """A checkpoint: what it is, where it comes from and on which terms."""

    title: str
    kind: Annotated[str, Field(pattern="^(pocket|open_clip|vqgan|biggan|dvae|stylegan)$")]
    licence: str
    commercial: bool
    """False: weights for research and play only."""
    origin: str
    file: str | None = None
    """Package data, relative to dreamrender; None if it is fetched."""
    sha256: str | None = None
    megabytes: float
    architecture: str | None = None
    """open_clip model name."""
    pretrained: str | None = None
    """open_clip tag, or the path of a local file."""
    files: tuple[FileEntry, ...] = ()
    """What is fetched, the weights first."""
    backend: str | None = None
    """The backend that paints with it; None for critics."""
    presets: tuple[str, ...] = ()
    """The backend's presets that need it; if empty, the one that it is named after."""
    memory: Memory = Memory()


class Style(Entry):
    """Words a member can add by name. `{prompt}` in `text` is where the phrase goes; else text follows it."""

    name: str
    text: str
    about: str = ""


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("dreamconfig").joinpath(name).read_text("utf-8"))


_folders: list[Path] = []


def include(folder: Path | None) -> None:
    """From here on also offer what this folder's own `models.toml` names, instead of another folder's.

    None: only what is shipped. Raises ValueError, naming the file, if it cannot be read.
    """
    folders = [folder] if folder else []
    _read_own(folders)
    _folders[:] = folders
    backends.cache_clear()
    models.cache_clear()


@cache
def backends() -> Mapping[str, BackendEntry]:
    """All backends by name, the default one first; a community's own models are further presets."""
    tables = _read("backends.toml")
    for name, model in _read_own(_folders).items():
        for preset in presets_of(name, model):
            if model.backend in tables:
                tables[model.backend].setdefault("presets", {}).setdefault(preset, model.title)
    return {name: BackendEntry(**table) for name, table in tables.items()}


@cache
def models() -> Mapping[str, ModelEntry]:
    """All checkpoints by name. A community's own entry replaces a shipped one of the same name."""
    shipped = {name: ModelEntry(**table) for name, table in _read("models.toml").items()}
    return {**shipped, **_read_own(_folders)}


def presets_of(name: str, model: ModelEntry) -> tuple[str, ...]:
    """The presets that paint with this model; none for a critic."""
    if model.backend is None:
        return ()
    return model.presets or (name.removeprefix(f"{model.backend}-"),)


def needed(backend: str, preset: str, critics: tuple[str, ...]) -> list[str]:
    """Names of the models that a painting needs: those of its preset, then its critics."""
    preset = preset or (backends()[backend].preset if backend in backends() else "")
    generators = [
        name
        for name, model in models().items()
        if model.backend == backend and preset in presets_of(name, model)
    ]
    return [*generators, *(critic for critic in critics if critic in models())]


def _read_own(folders: Sequence[Path]) -> dict[str, ModelEntry]:
    found: dict[str, ModelEntry] = {}
    for folder in folders:
        path = folder / OWN
        try:
            tables = tomllib.loads(path.read_text("utf-8"))
            found |= {name: ModelEntry(**table) for name, table in tables.items()}
        except FileNotFoundError:
            continue
        except ValidationError as error:
            what = error.errors()[0]
            where = ".".join(map(str, what["loc"]))
            raise ValueError(f"{path}: {where}: {what['msg']}") from error
        except (OSError, ValueError, TypeError) as error:
            raise ValueError(f"{path} is no catalogue of models: {error}") from error
    return found


@cache
def styles() -> Mapping[str, Style]:
    """All styles by name, in the file's order."""
    return {name: Style(name=name, **table) for name, table in _read("styles.toml").items()}
