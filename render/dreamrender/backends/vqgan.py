"""VQGAN+CLIP (Crowson et al. 2022): a critic steers a grid of codes, which a base makes pictures of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

import torch

from dreamconfig.catalogue import models
from dreamqueue.recipe import Recipe
from dreamrender.backends.steered import Steered
from dreamrender.canvas import Canvas
from dreamrender.canvases.codes import Codes, codes_of, random_codes
from dreamrender.canvases.levels import Levels
from dreamrender.schedule import stairs, warm_cosine
from dreamrender.steer import Preset
from dreamrender.types import Image
from dreamrender.vqgan_bases import load_base

_adam = partial(torch.optim.Adam, betas=(0.9, 0.999))

#: Its rate is in standard deviations of the codebook.
POCKET = Preset(optimiser=_adam, rate=0.15, rate_scale=warm_cosine(), steps=120)
#: Less work: half the cutouts, and most steps on a small picture.
QUICK = replace(
    POCKET,
    cuts=4,
    rate=0.2,
    steps=120,
    resolution=stairs((0, 0.35), (0.3, 0.5), (0.6, 0.7), (0.8, 1.0)),
)
#: As published in 2021: 32 cutouts, Adam, rate .1.
PUBLISHED = Preset(cuts=32, optimiser=_adam, rate=0.1)

CLOUDS = 0.2
"""Spread of the noise that the pocket VQGAN starts from. On flat grey its normalisation leaves dark spots."""

BASES = (
    "imagenet-1024",
    "imagenet-16384",
    "wikiart-1024",
    "wikiart-16384",
    "sflckr",
    "coco",
    "faceshq",
    "openimages-gumbel",
)
PRESETS: dict[str, Preset] = {"pocket": POCKET, "quick": QUICK, **dict.fromkeys(BASES, PUBLISHED)}


class Bases(Mapping[str, Preset]):
    """The presets: ours, and one for each VQGAN that a community added to its own catalogue."""

    def __getitem__(self, name: str) -> Preset:
        if name in PRESETS:
            return PRESETS[name]
        if name in list(self):
            return PUBLISHED
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        own = (name.removeprefix("vqgan-") for name, model in models().items() if model.backend == "vqgan")
        return iter(dict.fromkeys([*PRESETS, *own]))

    def __len__(self) -> int:
        return len(list(iter(self)))


class VQGAN(Steered):
    """The backend `vqgan`."""

    name = "vqgan"
    presets = Bases()

    def canvas(self, preset: str, recipe: Recipe, start: Image | None, generator: torch.Generator) -> Canvas:
        """The codes of the initial picture; else clouds for the pocket VQGAN, random codes for others."""
        pocket = preset in ("pocket", "quick")
        model = load_base("pocket" if pocket else preset, self.device)
        size = (recipe.height, recipe.width)
        if pocket:
            spread = float(model.codebook.std(dim=0).mean())
            image = Levels.drawn(*size, generator, CLOUDS).image() if start is None else start
            return Codes(model, codes_of(model, image.detach()), size, unit=spread, slope=1.0)
        z = random_codes(model, *size, generator) if start is None else codes_of(model, start)
        return Codes(model, z, size)
