"""DALL-E's dVAE, steered: a critic pushes relaxed one-hots, and OpenAI's decoder makes a picture of them."""

from __future__ import annotations

from functools import partial

import torch

from dreamqueue.errors import PaintError
from dreamqueue.recipe import Recipe
from dreamrender.backends.steered import Steered
from dreamrender.canvas import Canvas
from dreamrender.canvases.onehots import OneHots, drawn_logits, logits_of
from dreamrender.dvae_files import load_dvae_decoder, load_dvae_encoder
from dreamrender.steer import Preset
from dreamrender.types import Image

BASE = "dvae-openai"

_adamw = partial(torch.optim.AdamW, betas=(0.9, 0.999), weight_decay=0.05)
_RELAXED = Preset(cuts=32, optimiser=_adamw, rate=0.2)

PRESETS: dict[str, Preset] = {"soft": _RELAXED, "hard": _RELAXED}


class DVAE(Steered):
    """The backend `dvae`. Only an initial picture needs the encoder."""

    name = "dvae"
    presets = PRESETS

    def canvas(self, preset: str, recipe: Recipe, start: Image | None, generator: torch.Generator) -> Canvas:
        """Random logits, or those that the encoder finds in the initial picture."""
        decoder, size = load_dvae_decoder(BASE, self.device), (recipe.height, recipe.width)
        if start is None:
            logits = drawn_logits(decoder, *size, generator)
        else:
            logits = logits_of(load_dvae_encoder(BASE, self.device), start)
            if logits.shape[1] != decoder.codes:
                raise PaintError("The dVAE's encoder and decoder do not belong together: fetch both again.")
        return OneHots(decoder, logits, size, generator, hard=preset == "hard")
