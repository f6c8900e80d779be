"""The Big Sleep (Murdock 2021): a critic steers a BigGAN's noise and its mixture of ImageNet's classes.

The generator paints a square of its own size: other sizes are scaled, other shapes show its middle. There is
no encoder, so an initial picture is approached by `APPROACH` steps of optimisation, and shows in colour and
composition rather than in detail.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dreamqueue.recipe import Recipe
from dreamrender import losses, saving
from dreamrender.backend import Inputs
from dreamrender.backends.steered import Steered
from dreamrender.biggan_files import load_bigsleep
from dreamrender.canvas import Canvas
from dreamrender.canvases.conditions import Conditions
from dreamrender.canvases.squares import remarks, resemble
from dreamrender.cutouts import Augmentation
from dreamrender.steer import Preset, SteeredSession
from dreamrender.types import Embeddings, Image, Images

APPROACH = 80
"""Steps towards an initial picture before the first one that is counted."""
NEARER = 0.3
"""Learning rate of the approach."""
HOLD = 1 / 200
"""Weight of the strain beside the approach's squared error."""
STRAIN = 1 / 100
"""Weight of what holds noise and classes: published as 1, beside a prompt's cosine of weight 100."""
FEW = 15
"""Classes that a row of the preset `few-256` mixes."""

#: As published, but for half as many cuts (128 show the critic every place several times), their sizes drawn
#: evenly between the published bounds (there: mostly large), and smooth sampling (there: nearest).
DEEP = Preset(
    cuts=64,
    augmentation=Augmentation(
        zoom=(0.5, 0.95), margin=0.0, turn=0.0, flip=0.0, brightness=0.0, channels=0.0, noise=0.0
    ),
    distance=losses.cosine_distance,
    optimiser=torch.optim.Adam,
    rate=0.07,
    average=0.99,
)
PRESETS: dict[str, Preset] = {"deep-256": DEEP, "deep-128": DEEP, "deep-512": DEEP, "few-256": DEEP}


class Sleeper(SteeredSession):
    """A session that keeps its noise and classes as the generator knows them."""

    def loss(self, image: Image, cuts: Sequence[Images], seen: Sequence[Embeddings]) -> Tensor:
        """What any session wants smaller, and the strain."""
        assert isinstance(self.canvas, Conditions)
        return super().loss(image, cuts, seen) + STRAIN * self.canvas.strain()


class BigSleep(Steered):
    """The backend `bigsleep`."""

    name = "bigsleep"
    presets = PRESETS
    session = Sleeper

    def begin(self, recipe: Recipe, inputs: Inputs) -> SteeredSession:
        """A session at step 0; its notes say what a square generator cannot do."""
        session = self._begin(recipe, inputs)
        canvas = session.canvas
        assert isinstance(canvas, Conditions)
        if canvas.start is not None:
            resemble(canvas, canvas.start, APPROACH, NEARER, lambda: HOLD * canvas.strain())
        return session

    def resume(self, recipe: Recipe, inputs: Inputs, state: bytes) -> SteeredSession:
        """The saved session; nothing is approached again."""
        session = self._begin(recipe, inputs)
        saving.load(session, state)
        return session

    def _begin(self, recipe: Recipe, inputs: Inputs) -> SteeredSession:
        session = super().begin(recipe, inputs)
        session.notes += remarks(recipe)
        return session

    def canvas(self, preset: str, recipe: Recipe, start: Image | None, generator: torch.Generator) -> Canvas:
        """Noise and doubtful classes as published."""
        kind, _, side = preset.partition("-")
        model = load_bigsleep(f"bigsleep-deep-{side}", self.device)
        size = recipe.height, recipe.width
        canvas = Conditions(model, size, generator, FEW if kind == "few" else None)
        canvas.start = start
        return canvas
