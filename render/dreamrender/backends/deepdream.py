"""DeepDream (Mordvintsev, Olah & Tyka 2015): more of what a layer of the critic's tower sees, by octaves."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import torch

from dreamqueue.errors import PaintError
from dreamqueue.recipe import Recipe
from dreamrender.backend import Inputs
from dreamrender.backends.steered import Steered
from dreamrender.canvas import Canvas
from dreamrender.canvases.octaves import Octaves, clouds
from dreamrender.critics import HasLayers
from dreamrender.dream import DreamSession, layer_at
from dreamrender.steer import Preset
from dreamrender.types import Image

_steady = partial(torch.optim.SGD, momentum=0.8, dampening=0.8)


@dataclass(frozen=True)
class Dream:
    """What to dream of."""

    depth: float
    """Of the layer in its tower: shallow ones see textures, deep ones parts of things."""
    share: float
    """Of the activations; the rest is the prompt's."""


DREAMS: dict[str, Dream] = {
    "dream": Dream(depth=0.62, share=0.85),
    "mixed": Dream(depth=0.62, share=0.25),
    "patterns": Dream(depth=0.38, share=0.85),
}

PRESETS: dict[str, Preset] = {
    name: Preset(cuts=4 if dream.share > 0.5 else 8, optimiser=_steady, rate=0.004, steps=80)
    for name, dream in DREAMS.items()
}


class Deepdream(Steered):
    """The backend `deepdream`: dreams upon the initial picture, or upon coloured clouds."""

    name = "deepdream"
    presets = PRESETS
    session = DreamSession

    def canvas(self, preset: str, recipe: Recipe, start: Image | None, generator: torch.Generator) -> Canvas:
        """The picture dreamt upon."""
        return Octaves(clouds(recipe.height, recipe.width, generator) if start is None else start)

    def begin(self, recipe: Recipe, inputs: Inputs) -> DreamSession:
        """A session at step 0; raises PaintError for a critic that hides its layers."""
        session = super().begin(recipe, inputs)
        assert isinstance(session, DreamSession)
        critic, dream = session.critic, DREAMS[recipe.preset or next(iter(DREAMS))]
        if not (isinstance(critic, HasLayers) and critic.layers):
            raise PaintError(f"The critic `{critic.name}` does not show its layers; `deepdream` needs them.")
        session.layer, session.share = layer_at(critic, dream.depth), dream.share
        return session
