"""What can be asked for: backends, critics and styles, read from the TOML files beside this one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class Entry(BaseModel):
    """A table of a catalogue file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class BackendEntry(Entry):
    """A way to paint, as members see it."""

    title: str
    lane: str
    """The queue that workers with this backend serve."""
    size: tuple[int, int]
    """Default width and height in pixels."""
    steps: int
    """Default number of steps."""
    max_steps: int
    multiple: int = 1
    """Width and height have to be multiples of this."""
    seconds_per_step: float
    """First guess of a step's cost in seconds at the default size, corrected by experience."""
    presets: dict[str, str] = {}
    """Named sets of defaults and what they are; the first is the default."""

    @property
    def preset(self) -> str:
        """The default preset, empty where a backend has none."""
        return next(iter(self.presets), "")


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


class Style(Entry):
    """Words a member can add by name. `{prompt}` in `text` is where the phrase goes; else text follows it."""

    name: str
    text: str
    about: str = ""


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(files("dreamconfig").joinpath(name).read_text("utf-8"))


@cache
def backends() -> Mapping[str, BackendEntry]:
    """All backends by name, the default one first."""
    return {name: BackendEntry(**table) for name, table in _read("backends.toml").items()}


@cache
def models() -> Mapping[str, ModelEntry]:
    """All checkpoints by name."""
    return {name: ModelEntry(**table) for name, table in _read("models.toml").items()}


@cache
def styles() -> Mapping[str, Style]:
    """All styles by name, in the file's order."""
    return {name: Style(name=name, **table) for name, table in _read("styles.toml").items()}
