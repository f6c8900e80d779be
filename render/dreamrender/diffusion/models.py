"""Diffusion models by their name in the catalogue, on a device."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch

from dreamconfig.catalogue import ModelEntry, models
from dreamqueue.errors import PaintError
from dreamrender.diffusion import tiny_decoders
from dreamrender.diffusion.families import FAMILIES, family_named
from dreamrender.diffusion.families.family import Family
from dreamrender.diffusion.folders import Folder
from dreamrender.diffusion.headers import count
from dreamrender.diffusion.placed import PlacedPipeline
from dreamrender.diffusion.upstream import DiffusionPipeline, quiet
from dreamrender.fast.precision import dtype_on
from dreamrender.out_of_memory import ran_out
from dreamrender.placing import Needs, Placing, placing
from dreamrender.residents import residents_on
from dreamrender.shelf import shelf


class Model(PlacedPipeline):
    """A loaded pipeline."""

    family: Family | None = None
    """What steps it natively; None: it paints by itself."""

    def to(self, device: str) -> Model:
        """Leave for main memory, or come back."""
        super().to(device)
        if self.family is not None and self.whole:
            self.family.moved(device)
        return self


LEFT_OUT = "safety_checker", "feature_extractor"
"""Of Stable Diffusion 1: pictures are checked elsewhere, whatever painted them."""
TILED = 0.25
"""Of what decoding a picture takes, in tiles."""


def load_model(name: str, device: str = "cpu") -> Model:
    """The model of that name, on the device; loaded the first time, and again if it had to leave meanwhile.

    Raises PaintError if it is not here, is no whole pipeline of safetensors, or has no room.
    """
    residents = residents_on(device)
    way = None if residents.here(name) else _way(name, shelf().pipeline(name), device)
    return residents.take(name, partial(_load, name, device, way), way.weights if way else 0.0)


def _way(name: str, folder: Folder, device: str) -> Placing:
    needs = needs_of(folder, models()[name], device)
    return placing(name, needs, residents_on(device).obtainable(), device)


def needs_of(folder: Folder, entry: ModelEntry, device: str) -> Needs:
    """Bytes that a pipeline takes on a device, counted from its files' headers, and a picture of its size."""
    width = torch.finfo(dtype_on(device)).bits // 8
    parts = [
        width * count(folder.path / file for file in part.weights)
        for name, part in folder.components.items()
        if name not in LEFT_OUT
    ]
    side = entry.painting.size or (0, 0)
    work = entry.memory.pixel * 1e3 * side[0] * side[1]
    return Needs(whole=sum(parts), part=max(parts, default=0), work=work, tiled=work * TILED)


def _load(name: str, device: str, way: Placing | None) -> Model:
    """`way`: as was decided before its room was taken, which is free no more."""
    entry, folder = models()[name], shelf().pipeline(name)
    way = way or _way(name, folder, device)
    pipeline = read_pipeline(folder, entry.family, dtype_on(device), **shelf().connecting(name))
    if (vae := getattr(pipeline, "vae", None)) is not None:
        _prepare(vae, way.tiles)
    model = Model(pipeline, device, way)
    if entry.family in FAMILIES:
        tiny = _tiny_decoder(entry.family, device)
        model.family = family_named(entry.family)(model.pipeline, device, tiny)
        model.family.text_width = folder.text_width
    return model


def _prepare(vae: Any, tiles: bool) -> None:
    if tiles and hasattr(vae, "enable_tiling"):
        vae.enable_tiling()
        vae.enable_slicing()
    if vae.config.get("force_upcast", False) and vae.dtype == torch.float16:
        vae.to(torch.float32)  # its activations exceed half precision


def read_pipeline(folder: Folder, family: str, dtype: torch.dtype, **connecting: Any) -> DiffusionPipeline:
    """The pipeline of a folder, in main memory. Raises PaintError for one that its library cannot load."""
    quiet()
    left_out = dict(connecting)
    if family == "pocket":
        left_out |= {"text_encoder": None, "tokenizer": None}
    if "safety_checker" in folder.components or family == "pocket":
        left_out |= {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    try:
        pipeline: Any = DiffusionPipeline.from_pretrained(
            folder.path,
            dtype=dtype,
            variant=folder.variant or None,
            use_safetensors=True,
            local_files_only=True,
            **left_out,
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError, ImportError, RuntimeError) as error:
        if ran_out(error):
            raise
        raise PaintError(f"The pipeline in {folder.path.name} does not load: {error}") from error
    pipeline.set_progress_bar_config(disable=True)
    return pipeline


def _tiny_decoder(family: str, device: str) -> torch.nn.Module | None:
    """That of a family, if somebody fetched one."""
    name = tiny_decoders.tiny_decoder_for(shelf(), family)
    if name is None:
        return None
    weights, config = shelf().require(name)
    tiny: torch.nn.Module = tiny_decoders.load(weights, config).to(device, dtype_on(device))
    return tiny
