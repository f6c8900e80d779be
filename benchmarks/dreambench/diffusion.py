"""Diffusion: what company costs a step, what a look at the latents costs, and what CLIP's pull costs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from dreamqueue.recipe import Phrase, Recipe
from dreamrender.backend import Backend, Inputs
from dreamrender.backends.diffusion import Diffusion
from dreamrender.backends.guided import Guided
from dreamrender.diffusion.colours import coloured, fitted
from dreamrender.diffusion.glances import by_decoder
from dreamrender.diffusion.upstream import AutoencoderTiny, diffusers

WARM = 2
"""Steps before any is timed."""
PUBLISHED: dict[str, object] = {
    "block_out_channels": (128, 256, 512, 512),
    "layers_per_block": 2,
    "norm_num_groups": 32,
}
"""The autoencoder of Stable Diffusion."""


@dataclass(frozen=True)
class Company:
    """Steps of so many sessions, each at a time of its own, in one batch."""

    sessions: int
    seconds: float
    """Of one shared step."""
    share: float
    """What one picture's step costs, as a share of a step alone."""


@dataclass(frozen=True)
class Sight:
    """A way to see what is forming."""

    way: str
    seconds: float
    share: float
    """Of a whole decoding."""


@dataclass(frozen=True)
class Pull:
    """A painter's step."""

    painter: str
    seconds: float
    share: float
    """Of a step of `diffusion`, times."""


def company(counts: Sequence[int], steps: int, device: str = "cpu") -> list[Company]:
    """Sessions of the pocket model at different times of their way, in one batch; medians of `steps`."""
    backend = Diffusion(device)
    found: list[Company] = []
    for count in counts:
        seconds = _step(backend, [_recipe("diffusion", seed) for seed in range(count)], steps)
        alone = found[0].seconds if found else seconds
        found.append(Company(count, seconds, seconds / count / alone))
    return found


def sights(side: int, looks: int, *, small: bool = False) -> list[Sight]:
    """Looks at a latent of `side` pixels by Stable Diffusion's autoencoder, by a tiny one and by a matrix."""
    shape = {"block_out_channels": (64,) * 4, "norm_num_groups": 32} if small else PUBLISHED
    blocks = 4
    vae = diffusers.AutoencoderKL(
        latent_channels=4,
        down_block_types=("DownEncoderBlock2D",) * blocks,
        up_block_types=("UpDecoderBlock2D",) * blocks,
        **shape,
    ).eval()
    tiny = AutoencoderTiny().eval()
    latents = torch.randn(1, 4, side // 8, side // 8, generator=torch.Generator().manual_seed(0))

    def whole(some: torch.Tensor) -> torch.Tensor:
        image: torch.Tensor = vae.decode(some, return_dict=False)[0] / 2 + 0.5
        return image

    with torch.no_grad():
        matrix = fitted(4, whole)
        ways: dict[str, Callable[[], object]] = {
            "the autoencoder": lambda: whole(latents),
            "a tiny decoder": lambda: by_decoder(tiny, latents),
            "a matrix": lambda: coloured(matrix, latents),
        }
        times = {name: _median(look, looks) for name, look in ways.items()}
    return [Sight(name, seconds, seconds / times["the autoencoder"]) for name, seconds in times.items()]


def pulls(steps: int, device: str = "cpu") -> list[Pull]:
    """A step of `diffusion`, and of `guided` by either gradient, with the pocket model and its critic."""
    plain, guided = Diffusion(device), Guided(device)
    times = {
        "diffusion": _step(plain, [_recipe("diffusion", 0)], steps),
        "guided, fast": _step(guided, [_recipe("guided", 0)], steps),
        "guided, full": _step(guided, [_recipe("guided", 0, gradient="full")], steps),
    }
    return [Pull(name, seconds, seconds / times["diffusion"]) for name, seconds in times.items()]


def _recipe(backend: str, seed: int, **fields: object) -> Recipe:
    usual = {"backend": backend, "width": 128, "height": 128, "steps": 200, "scheduler": "ddim"}
    phrases = (Phrase(text="a red apple"),)
    return Recipe.model_validate({"phrases": phrases, "seed": seed, **usual, **fields})


def _step(backend: Backend, recipes: Sequence[Recipe], steps: int) -> float:
    sessions = [backend.begin(recipe, Inputs()) for recipe in recipes]
    for late, session in enumerate(sessions):
        for _ in range(late):
            backend.step([session])
    for _ in range(WARM):
        backend.step(sessions)
    return _median(lambda: backend.step(sessions), steps)


def _median(act: Callable[[], object], times: int) -> float:
    """Seconds of one of them."""
    act()
    found = []
    for _ in range(times):
        began = time.perf_counter()
        act()
        found.append(time.perf_counter() - began)
    return statistics.median(found)
