"""A network of sines, steered: Deep Daze (Murdock & Wang 2021). Smooth at any size."""

from __future__ import annotations

from functools import partial

import torch

from dreamqueue.recipe import Recipe
from dreamrender.backends.steered import Steered
from dreamrender.canvases.siren import Siren as Canvas
from dreamrender.schedule import warm_cosine
from dreamrender.steer import Preset
from dreamrender.types import Image

PRESETS: dict[str, Preset] = {
    "deepdaze": Preset(
        optimiser=partial(torch.optim.Adam, betas=(0.9, 0.99)),
        rate=8e-5,
        rate_scale=warm_cosine(),
        steps=150,
    ),
}


class Siren(Steered):
    """The backend `siren`: sine layers, primed with the initial picture if there is one."""

    name = "siren"
    presets = PRESETS

    def canvas(self, preset: str, recipe: Recipe, start: Image | None, generator: torch.Generator) -> Canvas:
        """Weights as drawn, or after learning the initial picture."""
        canvas = Canvas(recipe.height, recipe.width, generator)
        if start is not None:
            canvas.prime(start)
        return canvas
