"""What a folder in diffusers' layout says it is: its model_index.json and its files' names, nothing loaded.

A pipeline is a folder for each component (networks with config.json and weights, tokenizers, schedulers), and
a model_index.json that names each one's library and class. The same reading serves a repository on the hub
before anything of it is fetched: there the files' names are all that is known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from dreamqueue.errors import PaintError

INDEX = "model_index.json"

FAMILIES = {
    "StableDiffusionPipeline": "sd",
    "StableDiffusionImg2ImgPipeline": "sd",
    "LatentConsistencyModelPipeline": "sd",
    "StableDiffusionXLPipeline": "sdxl",
    "StableDiffusionXLImg2ImgPipeline": "sdxl",
    "StableDiffusion3Pipeline": "sd3",
    "FluxPipeline": "flux",
    "DDPMPipeline": "pixels",
    "DDIMPipeline": "pixels",
}
"""By the class that a pipeline names: those that are stepped natively, but for SDXL's refiner, which wants a
picture and marks for its beauty."""

_WITHOUT_WEIGHTS = re.compile(
    r"(Scheduler|Tokenizer|TokenizerFast|FeatureExtractor|Processor|ProcessorFast|Guider|Guidance)$"
)
_WEIGHTS = re.compile(
    r"(?P<stem>diffusion_pytorch_model|model)"
    r"(\.(?P<variant>[A-Za-z0-9_]+))?"
    r"(-(?P<part>\d{5})-of-(?P<parts>\d{5}))?"
    r"(\.(?P<late>[A-Za-z0-9_]+))?"
    r"\.safetensors"
)
_UNSAFE = (".bin", ".ckpt", ".pt", ".pth", ".pkl", ".msgpack", ".h5", ".onnx")
_OTHER_WEIGHTS = (*_UNSAFE, ".safetensors", ".pb", ".onnx_data", ".xml", ".gguf", ".flashpack", ".tflite")
"""Not needed: the same weights for other programs, or other variants of them."""


@dataclass(frozen=True)
class Component:
    """A part of a pipeline."""

    library: str
    class_name: str
    folder: str
    """Within the pipeline's; empty in old ones of one network, whose files lie beside model_index.json."""
    weights: tuple[str, ...]
    """Files of its weights within the pipeline's folder; none for tokenizers and schedulers."""


@dataclass(frozen=True)
class Folder:
    """What a pipeline is."""

    path: Path
    class_name: str
    family: str
    """One of dreamconfig.catalogue.FAMILIES; empty where it runs through its own callback."""
    variant: str
    """Name of the weights to load, as from_pretrained takes it; empty for those without a name."""
    components: Mapping[str, Component]

    @property
    def weights(self) -> list[Path]:
        """All files of its weights."""
        return [self.path / name for part in self.components.values() for name in part.weights]

    def needed(self, names: Collection[str]) -> list[str]:
        """Those of the files beside its model_index.json that loading it takes, in order."""
        places = {part.folder for part in self.components.values()}
        weights = {name for part in self.components.values() for name in part.weights}
        small = (
            name
            for name in names
            if name.rpartition("/")[0] in places and not name.endswith((*_OTHER_WEIGHTS, ".py", ".md"))
        )
        return sorted({INDEX, *weights, *small, *({"README.md"} & set(names))})

    def config(self, component: str) -> Mapping[str, Any]:
        """A network's config.json; empty if the pipeline has no such component. Raises PaintError."""
        part = self.components.get(component)
        return read_json(self.path / part.folder / "config.json") if part else {}

    @property
    def text_width(self) -> int | None:
        """Width of the words' states that its UNet reads: 768 in Stable Diffusion 1, 1024 in 2, 2048 in XL.

        None where it has no UNet, or one that does not say.
        """
        width = self.config("unet").get("cross_attention_dim")
        return width if isinstance(width, int) else None


def describe(folder: Path, variant: str = "") -> Folder:
    """What a folder says it is. `variant`: the weights that are preferred, if it has them.

    Raises PaintError, naming what is missing, for a folder that is no pipeline, for one that is incomplete,
    for weights that are no safetensors, and for pipelines that bring code of their own.
    """
    if not folder.is_dir():
        raise PaintError(f"There is no folder {folder}.")
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    if INDEX not in names:
        raise PaintError(no_pipeline(str(folder), names))
    return read(read_json(folder / INDEX), names, str(folder), variant=variant, path=folder)


def read(
    index: Mapping[str, Any], names: Collection[str], where: str, *, variant: str = "", path: Path = Path()
) -> Folder:
    """A model_index.json, held against the names of the files beside it; raises PaintError as `describe`."""
    class_name = index.get("_class_name")
    if isinstance(class_name, list):
        raise PaintError(f"{where} brings a pipeline's code of its own, and no foreign code is run here.")
    if not (isinstance(class_name, str) and class_name.isidentifier()):
        raise PaintError(f"{where} is no pipeline of diffusers: its {INDEX} names no class.")
    named = {
        name: (value[0], value[1])
        for name, value in index.items()
        if not name.startswith("_") and isinstance(value, list) and len(value) == 2 and value[0] and value[1]
    }
    if not named:
        raise PaintError(f"{where} is no pipeline of diffusers: its {INDEX} names no components.")
    for name, (library, cls) in named.items():
        _check_library(where, name, library, names)
        if not (isinstance(cls, str) and cls.isidentifier()):
            raise PaintError(f"{where} is no pipeline of diffusers: the class of its {name} has no name.")
    places = {name: _place(where, name, cls, names) for name, (_, cls) in named.items()}
    files = {
        name: _files(places[name], names)
        for name, (_, cls) in named.items()
        if not _WITHOUT_WEIGHTS.search(cls)
    }
    for name, found in files.items():
        _check_weights(where, name, _within(places[name], names), found)
    chosen = _variant(where, files, variant)
    return Folder(
        path=path,
        class_name=class_name,
        family="" if index.get("requires_aesthetics_score") else FAMILIES.get(class_name, ""),
        variant=chosen,
        components={
            name: Component(library, cls, places[name], _chosen(files.get(name, {}), chosen))
            for name, (library, cls) in named.items()
        },
    )


def _check_library(where: str, name: str, library: object, names: Collection[str]) -> None:
    """diffusers would import whatever module is named here."""
    if f"{name}/{library}.py" in names:
        raise PaintError(f"{where} brings code of its own for its {name}, and no foreign code is run here.")
    if not (isinstance(library, str) and (library in ("diffusers", "transformers") or _own_module(library))):
        raise PaintError(f"{where} wants its {name} from `{library}`, which is no part of diffusers.")


@cache
def _own_module(name: str) -> bool:
    """Whether a component comes from one of diffusers' own pipelines, as safety checkers do."""
    spec = find_spec("diffusers")
    if spec is None or spec.origin is None or not name.isidentifier():
        return False
    pipelines = Path(spec.origin).parent / "pipelines"
    return any((pipelines / part / name).is_dir() for part in ("", "deprecated"))


def _files(place: str, names: Collection[str]) -> dict[str, list[str]]:
    """By variant: the files of a component's weights, whole sets only."""
    found: dict[tuple[str, str, int], dict[int, str]] = {}
    for name in names:
        folder, _, file = name.rpartition("/")
        match = _WEIGHTS.fullmatch(file) if folder == place else None
        if match is not None:
            variant = match["variant"] or match["late"] or ""
            parts = found.setdefault((variant, match["stem"], int(match["parts"] or 1)), {})
            parts[int(match["part"] or 1)] = name
    whole = {
        key: [files[part] for part in sorted(files)] for key, files in found.items() if len(files) == key[2]
    }
    return {variant: files for (variant, _, _), files in sorted(whole.items(), reverse=True)}


def _within(folder: str, names: Collection[str]) -> list[str]:
    """Names of the files that lie directly in a folder, sorted."""
    pairs = (name.rpartition("/") for name in names)
    return sorted(file for place, _, file in pairs if place == folder)


def _place(where: str, name: str, class_name: str, names: Collection[str]) -> str:
    """The folder of a component; raises PaintError if it is missing."""
    if own := _within(name, names):
        folder = name
    else:
        own, folder = _within("", names), ""
    network = not _WITHOUT_WEIGHTS.search(class_name)
    told = "config.json" if network else "scheduler_config.json" if class_name.endswith("Scheduler") else ""
    if not folder and (not told or told not in own):
        raise PaintError(f"{where} is not whole: its {name} is missing.")
    if told and told not in own:
        raise PaintError(f"{where} is not whole: its {name} has no {told}.")
    return folder


def _check_weights(where: str, name: str, own: list[str], found: Mapping[str, list[str]]) -> None:
    if found:
        return
    unsafe = [file for file in own if file.endswith(_UNSAFE)]
    if unsafe and not any(file.endswith(".safetensors") for file in own):
        raise PaintError(
            f"{where} has its {name} as {unsafe[0]} only, and such files can run code when they are read. "
            "Only .safetensors are read here: take a repository or a revision that has them."
        )
    raise PaintError(f"{where} is not whole: weights of its {name} are missing.")


def _chosen(files: Mapping[str, list[str]], variant: str) -> tuple[str, ...]:
    return tuple(files.get(variant, files.get("", [])))


def _variant(where: str, files: Mapping[str, Mapping[str, list[str]]], wanted: str) -> str:
    """The weights to load: those wanted, if a component has them, else those without a name, else any.

    A component may have its weights without a name in place of the variant, as diffusers has it.
    """
    known = {variant for of in files.values() for variant in of}
    for variant in (wanted, "", *sorted(known)):
        if variant in known and all(variant in of or "" in of for of in files.values()):
            return variant
    if not files:
        return ""
    raise PaintError(f"{where} is not whole: its components have weights of different variants.")


def no_pipeline(where: str, names: Collection[str]) -> str:
    """What to say of a place that has no model_index.json, by what it has instead."""
    return f"{where} is no pipeline of diffusers: {_instead(names)}"


def _instead(names: Collection[str]) -> str:
    if "modular_model_index.json" in names:
        return f"it has a modular_model_index.json, which is not read here, and no {INDEX}."
    if "adapter_config.json" in names or "pytorch_lora_weights.safetensors" in names:
        return "it holds a LoRA; add that with its file and --lora."
    if "config.json" in names:
        return f"it has a config.json, as a single network has, and no {INDEX}."
    return f"it has no {INDEX}."


def read_json(path: Path) -> Mapping[str, Any]:
    """The object that a file holds; raises PaintError."""
    try:
        told = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise PaintError(f"{path} cannot be read: {error}") from error
    if not isinstance(told, dict):
        raise PaintError(f"{path} holds no JSON object.")
    return told
