"""Tiny decoders (TAESD and its kin): pictures from latents at a fraction of the whole autoencoder's cost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file

from dreamconfig.catalogue import models
from dreamqueue.errors import PaintError
from dreamrender.shelf import Shelf


def tiny_decoder_for(shelf: Shelf, family: str) -> str | None:
    """The name of a tiny decoder that reads this family's latents and is here; None if there is none."""
    fitting = (
        name for name, entry in models().items() if entry.kind == "tiny-decoder" and entry.family == family
    )
    return next((name for name in fitting if shelf.here(name)), None)


def load(weights: Path, config: Path) -> Any:
    """A diffusers.AutoencoderTiny in single precision on the CPU, from files as published.

    Raises PaintError for files that are none.
    """
    from dreamrender.diffusion.upstream import diffusers

    tiny: Any = diffusers.AutoencoderTiny
    try:
        model = tiny.from_config(json.loads(config.read_text("utf-8")))
        model.load_state_dict(load_file(weights))
    except (OSError, ValueError, TypeError, RuntimeError, SafetensorError) as error:
        raise PaintError(f"{weights.name} with {config.name} is no tiny decoder: {error}") from error
    return model.eval().requires_grad_(False)
