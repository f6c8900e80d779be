"""Pixels pushed by the critic: CLIPig's two methods (defgsus 2021) and one with natural colours."""

from __future__ import annotations

from functools import partial

import torch

from dreamqueue.recipe import Recipe
from dreamrender import losses
from dreamrender.backends.steered import Steered
from dreamrender.canvas import Canvas
from dreamrender.canvases.fourier import Fourier
from dreamrender.canvases.levels import Levels
from dreamrender.canvases.planes import Planes, noise
from dreamrender.cutouts import Augmentation
from dreamrender.schedule import falling, stairs, warm_cosine
from dreamrender.steer import Preset, Regulariser
from dreamrender.types import Image

_rmsprop = partial(torch.optim.RMSprop, centered=True, momentum=0.1)
_adam = partial(torch.optim.Adam, betas=(0.9, 0.99))

#: CLIPig method 2's resolution: by sixteenths of the way, as its shares of 256 pixels
GROWING = stairs(
    (0, 1 / 32), (2 / 16, 1 / 16), (3 / 16, 1 / 8), (4 / 16, 1 / 4), (5 / 16, 1 / 2), (6 / 16, 1)
)

PRESETS: dict[str, Preset] = {
    "levels": Preset(
        optimiser=_adam,
        rate=0.05,
        rate_scale=warm_cosine(),
        on_image=(Regulariser(losses.total_variation, 0.3),),
    ),
    # Less work: cutouts are nearly all that a step costs. Two each on more and larger steps go further.
    "quick": Preset(
        cuts=2,
        resolution=stairs((0, 1 / 4), (0.3, 1 / 2), (0.7, 1)),
        optimiser=_adam,
        rate=0.1,
        rate_scale=warm_cosine(),
        on_image=(Regulariser(losses.total_variation, 0.3),),
    ),
    "fourier": Preset(
        optimiser=_adam,
        rate=0.05,
        rate_scale=warm_cosine(),
        steps=120,
    ),
    # Seed 004, method 1. A 224 px picture padded by 32 and shown whole: cuts 288/224 of it wide.
    "clipig1": Preset(
        cuts=10,
        augmentation=Augmentation(
            zoom=(288 / 224, 288 / 224),
            margin=64 / 224,
            turn=0.5236,  # 30 degrees
            pivot=1.0,
            flip=0.0,
            padding="border",
            brightness=0.0,
            channels=0.0,
            gain=1 / 2,
            mean=0.5,
            noise=0.0,
            steady_noise=1 / 10,
        ),
        distance=losses.cosine_distance,
        optimiser=_rmsprop,
        rate=0.003,
        steps=200,
    ),
    # Seed 004, method 2. Padded likewise, then a random crop as wide as the picture.
    "clipig2": Preset(
        cuts=10,
        augmentation=Augmentation(
            zoom=(1.0, 1.0),
            margin=64 / 224,
            turn=0.3491,  # 20 degrees
            pivot=1.0,
            flip=0.0,
            padding="border",
            brightness=0.0,
            channels=0.0,
            gain=1 / 3,
            mean=0.5,
            noise=0.0,
            grey_noise=falling(1 / 5),
        ),
        resolution=GROWING,
        distance=losses.cosine_distance,
        optimiser=_rmsprop,
        rate=0.003,
        steps=300,
        on_cuts=(
            Regulariser(partial(losses.blur_loss, side=11), 100, start=0.5),
            Regulariser(lambda cuts: losses.below(losses.saturation(cuts), 0.005), 100),
        ),
    ),
}


class Pixels(Steered):
    """The backend `pixels`: pixel planes, plain or as a sum of levels."""

    name = "pixels"
    presets = PRESETS

    def canvas(self, preset: str, recipe: Recipe, start: Image | None, generator: torch.Generator) -> Canvas:
        """Noise as the preset has it, or the initial picture. That one neither grows nor blurs."""
        height, width = recipe.height, recipe.width
        if preset in ("levels", "quick"):
            return Levels.drawn(height, width, generator) if start is None else Levels.of(start)
        if preset == "fourier":
            return Fourier.drawn(height, width, generator) if start is None else Fourier.of(start)
        if start is not None:
            return Planes(start)
        if preset == "clipig1":
            pixels = noise(height, width, generator, mean=0.33, spread=0.03, short_side=10)
            return Planes(pixels, blur_until=0.1)
        return Planes(noise(height, width, generator, mean=0.3, spread=0.01))
