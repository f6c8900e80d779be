"""Pixels pushed by the critic: CLIPig's two methods (defgsus 2021) and one with natural colours."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import torch
from torch.nn import functional as F

from dreamqueue.errors import PaintError, PictureError
from dreamqueue.recipe import Recipe
from dreamrender import losses, steer
from dreamrender.backend import Backend, Inputs, Session
from dreamrender.canvas import Canvas, covering
from dreamrender.canvases.levels import Levels
from dreamrender.canvases.planes import Planes, noise
from dreamrender.critics import Critic
from dreamrender.critics.loading import load_critic
from dreamrender.cutouts import Augmentation
from dreamrender.schedule import falling, stairs, warm_cosine
from dreamrender.steer import Preset, Regulariser, SteeredSession
from dreamrender.types import Image, Images

_rmsprop = partial(torch.optim.RMSprop, centered=True, momentum=0.1)
_adam = partial(torch.optim.Adam, betas=(0.9, 0.99))

PRESETS: dict[str, Preset] = {
    "levels": Preset(
        optimiser=_adam,
        rate=0.05,
        rate_scale=warm_cosine(),
        on_image=(Regulariser(losses.total_variation, 0.3),),
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

#: CLIPig method 2's resolution: sixteenths of the way, then full size
GROWING = stairs((0, 8), (2 / 16, 16), (3 / 16, 32), (4 / 16, 64), (5 / 16, 128), (6 / 16, 1 << 16))


class Pixels(Backend):
    """The backend `pixels`. `critics` gives a critic by name and device."""

    def __init__(self, device: str = "cpu", critics: Callable[[str, str], Critic] = load_critic) -> None:
        self.device = device
        self._critics = critics

    def begin(self, recipe: Recipe, inputs: Inputs) -> SteeredSession:
        """A session at step 0, painting over the initial picture if the recipe names one."""
        name = recipe.preset or next(iter(PRESETS))
        if name not in PRESETS:
            near = difflib.get_close_matches(name, PRESETS, n=1) or list(PRESETS)
            raise PaintError(f"`pixels` has no preset `{name}`; there is `{'`, `'.join(near)}`.")
        generator = steer.seeded(recipe, self.device)
        start = _initial(recipe, inputs)
        preset = PRESETS[name]
        if start is not None:
            start = start.to(self.device)
            preset = _staying_near(preset, start)
        canvas = _canvas(name, recipe, start, generator)
        return SteeredSession(recipe, canvas, preset, self._critics(recipe.critic, self.device), generator)

    def group(self, session: Session) -> str:
        """All sessions with the same critic step together, whatever their sizes and presets."""
        return session.recipe.critic

    def step(self, sessions: Sequence[Session]) -> None:
        """One step of each, batched."""
        steer.step([_ours(session) for session in sessions])

    def picture(self, session: Session) -> Image:
        """What it looks like now: RGB in [0, 1], float32, on the CPU, (3, height, width)."""
        return _ours(session).picture()


def _canvas(name: str, recipe: Recipe, start: Image | None, generator: torch.Generator) -> Canvas:
    height, width = recipe.height, recipe.width
    if name == "levels":
        return Levels.drawn(height, width, generator) if start is None else Levels.of(start)
    if start is not None:
        return Planes(start)
    if name == "clipig1":
        pixels = noise(height, width, generator, mean=0.33, spread=0.03, short_side=10)
        return Planes(pixels, blur_until=0.1)
    return Planes(noise(height, width, generator, mean=0.3, spread=0.01), short_side=GROWING)


def _initial(recipe: Recipe, inputs: Inputs) -> Image | None:
    if recipe.image is None:
        return None
    if recipe.image not in inputs.pictures:
        raise PictureError("The initial picture is not kept any more; please attach it again.")
    return covering(inputs.pictures[recipe.image], recipe.height, recipe.width)


def _staying_near(preset: Preset, start: Image) -> Preset:
    """Smaller steps and a pull towards the initial picture's composition, so that it stays recognisable."""
    coarse = F.interpolate(start[None], _sixteen(start), mode="area")

    def away(images: Images) -> torch.Tensor:
        return F.mse_loss(F.interpolate(images, coarse.shape[-2:], mode="area"), coarse)

    return replace(preset, rate=preset.rate / 2, on_image=(*preset.on_image, Regulariser(away, 2.0)))


def _sixteen(image: Image) -> tuple[int, int]:
    height, width = image.shape[-2:]
    short = min(height, width)
    return max(1, round(16 * height / short)), max(1, round(16 * width / short))


def _ours(session: Session) -> SteeredSession:
    if not isinstance(session, SteeredSession):
        raise TypeError(f"a session of another backend: {session!r}")
    return session
