"""What can be asked for: backends, critics and styles, read from the TOML files beside this one."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

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


class Painting(Entry):
    """How a model paints where a prompt does not say: what its publisher recommends. None or empty: the
    backend's number, the model's own scheduler."""

    size: tuple[int, int] | None = None
    """Width and height in pixels that it was trained at."""
    fixed: bool = False
    """It paints at this size only."""
    multiple: int | None = None
    """Width and height have to be multiples of this."""
    steps: int | None = None
    max_steps: int | None = None
    guidance: float | None = None
    """Classifier-free guidance scale; 0 for models that were distilled to paint without."""
    scheduler: str = ""
    """A name of dreamqueue.schedulers."""
    strength: float | None = None
    """Share of an initial picture that is painted over, in (0, 1]."""


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
    paintings: dict[str, Painting] = {}
    """By preset: what its model brings along, filled from the models."""
    families: dict[str, str] = {}
    """By preset: its diffusion model's family, empty where that paints by itself; filled from the models."""
    max_steps: int
    multiple: int = 1
    """Width and height have to be multiples of this."""
    seconds_per_step: float
    """First guess of a step's cost in seconds at the default size, corrected by experience."""
    presets: dict[str, str] = {}
    """Named sets of defaults and what they are; the first is the default."""
    flags: tuple[Literal["steered", "sampled", "tiled"], ...] = ("steered", "sampled")
    """Kinds of flags that it understands beside those that all do: "steered" for what CLIP's steering has,
    "sampled" for what a diffusion's sampling has, "tiled" if its pictures can repeat (see
    `dreamqueue.prompt.understood`)."""
    paints_with: str = ""
    """Another backend, whose models of a known family are presets of this one too."""
    memory: Memory = Memory()
    """Of the canvas and the loop, without the models."""

    @property
    def preset(self) -> str:
        """The default preset, empty where a backend has none."""
        return next(iter(self.presets), "")

    def of(self, preset: str) -> BackendEntry:
        """As this preset has it: its model's own size, steps and limits in the backend's stead."""
        own = self.paintings.get(preset, Painting())
        changes = {
            "size": own.size,
            "steps": self.preset_steps.get(preset) or own.steps,
            "max_steps": own.max_steps,
            "multiple": own.multiple,
        }
        return self.model_copy(update={name: value for name, value in changes.items() if value is not None})

    def fixed(self, preset: str) -> tuple[int, int] | None:
        """The only size that a preset paints at; None where it can do others."""
        own = self.paintings.get(preset, Painting())
        return own.size if own.fixed else None


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


KINDS = (
    "pocket",
    "open_clip",
    "vqgan",
    "biggan",
    "dvae",
    "stylegan",
    "diffusers",
    "lora",
    "tiny-decoder",
)
"""Of checkpoints: what loads them."""

FAMILIES = {
    "sd": "Stable Diffusion 1 and 2",
    "sdxl": "Stable Diffusion XL",
    "sd3": "Stable Diffusion 3",
    "flux": "FLUX.1",
    "pocket": "the pocket model",
    "pixels": "UNets that paint pixels",
}
"""Of diffusion models that are stepped natively, and what they are called."""


class ModelEntry(Entry):
    """A checkpoint: what it is, where it comes from and on which terms."""

    title: str
    kind: Annotated[str, Field(pattern=f"^({'|'.join(KINDS)})$")]
    licence: str
    commercial: bool
    """False: weights for research and play only."""
    origin: str
    file: str | None = None
    """Package data, relative to dreamrender; None if it is fetched."""
    sha256: str | None = None
    """Of that file; of a pipeline: of its weights, one after the other in the order of their paths."""
    megabytes: float
    architecture: str | None = None
    """open_clip model name."""
    pretrained: str | None = None
    """open_clip tag, or the path of a local file."""
    files: tuple[FileEntry, ...] = ()
    """What is fetched, the weights first."""
    repository: Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")] | None = None
    """`owner/name` on the Hugging Face hub: a pipeline in diffusers' layout, fetched as a whole."""
    connected: tuple[Annotated[str, Field(pattern=r"^[\w.-]+/[\w.-]+$")], ...] = ()
    """Further repositories, where a pipeline is in several parts."""
    revision: str | None = None
    """Branch, tag or commit of the repository; None: its main branch."""
    variant: str = ""
    """Which of a repository's weights: `fp16` has half the bytes; empty: those without a name."""
    gated: bool = False
    """Its publisher gives it only to accounts that accepted the terms."""
    folder: str | None = None
    """Of a community's own pipeline: a folder in diffusers' layout, absolute or in the folder of models."""
    family: Annotated[str, Field(pattern=f"^({'|'.join(FAMILIES)})?$")] = ""
    """Of a diffusion model: how it is stepped, and which LoRAs and tiny decoders fit it. Empty: it runs
    through its own step callback."""
    painting: Painting = Painting()
    backend: str | None = None
    """The backend that paints with it; None for critics."""
    presets: tuple[str, ...] = ()
    """The backend's presets that need it; if empty, the one that it is named after."""
    memory: Memory = Memory()


class Style(Entry):
    """Words a member can add by name: one of these, or a trick that the community shares."""

    name: str
    text: str
    """`{prompt}` in it is where the phrase goes; a text without it is a phrase of its own. May be empty
    where there are other words or flags."""
    about: str = ""
    negative: str = ""
    """What to steer away from."""
    flags: str = ""
    """Flags that come along, such as `--saturation 1`; those that are typed win."""
    tags: tuple[str, ...] = ()
    version: int = 1
    """Grows by one each time the trick is edited."""


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
    for table in tables.values():
        table.setdefault("presets", {})
        table["paintings"], table["families"] = {}, {}
    for name, model in models().items():
        for backend in _painters(model, tables):
            for preset in presets_of(name, model):
                tables[backend]["presets"].setdefault(preset, model.title)
                tables[backend]["paintings"][preset] = model.painting
                if model.kind == "diffusers":
                    tables[backend]["families"][preset] = model.family
    return {name: BackendEntry(**table) for name, table in tables.items()}


def _painters(model: ModelEntry, tables: Mapping[str, Any]) -> list[str]:
    """Names of the backends that paint with a model."""
    own = [name for name in tables if name == model.backend]
    if not (own and model.family):
        return own
    return own + [name for name, table in tables.items() if table.get("paints_with") == model.backend]


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


def command(name: str) -> str:
    """What to type to have a model here."""
    if models()[name].repository or any(file.sources for file in models()[name].files):
        return f"`aliendreams models fetch {name}`"
    return f"`aliendreams models add {name} FILE`"


def needed(backend: str, preset: str, critics: tuple[str, ...]) -> list[str]:
    """Names of the models that a painting needs: those of its preset, then its critics."""
    entry = backends().get(backend)
    preset = preset or (entry.preset if entry else "")
    owners = {backend, entry.paints_with if entry else ""}
    generators = [
        name
        for name, model in models().items()
        if model.backend in owners and preset in presets_of(name, model)
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
