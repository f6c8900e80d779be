"""Diffusion models by their name in the catalogue, on a device."""

from __future__ import annotations

from functools import partial
from typing import Any, TypeAlias

import torch
from diffusers import AutoencoderTiny, DiffusionPipeline

from dreamconfig.catalogue import models
from dreamqueue.errors import PaintError
from dreamrender.diffusion.families import FAMILIES, family_named
from dreamrender.diffusion.families.family import Family
from dreamrender.diffusion.repositories import require
from dreamrender.fast.precision import formats
from dreamrender.residents import residents_on

Model: TypeAlias = Family | DiffusionPipeline
"""One that is stepped natively, or a pipeline that paints by itself."""


def load_model(name: str, device: str = "cpu") -> Model:
    """The model of that name, on the device. Raises PaintError if it is not here or there is no room."""
    entry = models()[name]
    model: Model = residents_on(device).take(name, partial(_load, name, device), entry.memory.fixed * 1e6)
    return model


def _load(name: str, device: str) -> Model:
    entry = models()[name]
    folder = require(name)
    left_out: dict[str, Any] = {"text_encoder": None, "tokenizer": None} if entry.family == "pocket" else {}
    if entry.family in ("pocket", "sd"):
        left_out |= {"safety_checker": None, "feature_extractor": None, "requires_safety_checker": False}
    try:
        pipeline = DiffusionPipeline.from_pretrained(
            folder,
            torch_dtype=formats(device).painter,
            variant=entry.variant or None,
            use_safetensors=True,
            local_files_only=True,
            **left_out,
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise PaintError(f"The model `{name}` does not load: {error}") from error
    pipeline.set_progress_bar_config(disable=True)
    pipeline.to(device)
    if entry.family not in FAMILIES:
        return pipeline
    return family_named(entry.family)(pipeline, device, _tiny_decoder(entry.family, device))


def _tiny_decoder(family: str, device: str) -> torch.nn.Module | None:
    """The tiny decoder of a family, if somebody fetched one."""
    for name, entry in models().items():
        if entry.kind == "tiny-decoder" and entry.family == family:
            try:
                folder = require(name)
            except PaintError:
                continue
            tiny: torch.nn.Module = AutoencoderTiny.from_pretrained(
                folder, torch_dtype=formats(device).painter, use_safetensors=True, local_files_only=True
            ).to(device)
            return tiny
    return None
