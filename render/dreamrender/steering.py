"""Steering: what critics want of a picture, whatever that is made of."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from dreamqueue.recipe import Recipe
from dreamrender.aims import Aims, Target, aims_of
from dreamrender.collection.guides import UNGUIDED, Collected
from dreamrender.critics import Critic
from dreamrender.preset import Preset, Regulariser
from dreamrender.tiling import rolled
from dreamrender.types import Embeddings, Image, Images


class Steering:
    """The aims of one painting as its critics read them, its cutouts and its losses.

    Each critic has its own cutouts at its own size, and all count the same. `targets` are pictures beside the
    phrases, with their weights; those of `collected` come and go on the way. The generator lies where the
    pictures do. Nothing is aimed at before `turn`.
    """

    def __init__(
        self,
        preset: Preset,
        critics: Sequence[Critic],
        generator: torch.Generator,
        targets: Sequence[Target] = (),
        collected: Collected | None = None,
    ) -> None:
        self.preset = preset
        self.critics = tuple(critics)
        self.generator = generator
        self.targets = tuple(targets)
        self.collected = collected
        self.tile = False
        """Whether the picture repeats, so that it may be looked at from any place on."""
        self.aims: Sequence[Aims] = ()
        """In the order of the critics."""
        self.notes: tuple[str, ...] = ()
        """What the member should know, in their words."""

    def turn(self, recipe: Recipe) -> None:
        """Aim at what a recipe asks for."""
        self.tile = recipe.tile
        guided = UNGUIDED if self.collected is None else self.collected.guidance(recipe)
        guides = guided.guides or [()] * len(self.critics)
        self.aims = [
            aims_of(recipe, one, self.targets, some) for one, some in zip(self.critics, guides, strict=True)
        ]
        self.notes = (*(note for aims in self.aims for note in aims.notes), *guided.notes)

    def cuts(self, image: Image, t: float) -> list[Images]:
        """Cutouts for each critic at progress t, (cuts, 3, side, side) of its own side."""
        if self.tile:
            image = rolled(image, self.generator)
        cutter, count, how = self.preset.cutter, self.preset.cuts_at(t), self.preset.augmentation
        return [cutter(image, count, one.image_size, how, self.generator, t) for one in self.critics]

    def loss(
        self,
        image: Image,
        cuts: Sequence[Images],
        seen: Sequence[Embeddings],
        t: float,
        way: float,
        raw: Image | None = None,
    ) -> Tensor:
        """What is wanted smaller, given each critic's embeddings of its cuts: the critics' mean.

        `t` is the clock of the preset, `way` that of the phrases; `raw` is the picture before it was clamped.
        """
        total = torch.zeros((), device=image.device)
        for aims, some, embeddings in zip(self.aims, cuts, seen, strict=True):
            total = total + aims.loss(embeddings, self.preset.distance, way)
            total = total + regular(self.preset.on_cuts, some, t)
        total = total / len(self.critics) + regular(self.preset.on_image, image[None], t)
        return total if raw is None else total + regular(self.preset.on_raw, raw[None], t)


def regular(regularisers: Sequence[Regulariser], images: Images, t: float) -> Tensor:
    """Losses besides the prompt's at progress t, summed."""
    total = torch.zeros((), device=images.device)
    for regulariser in regularisers:
        if weight := regulariser.at(t):
            total = total + weight * regulariser.loss(images)
    return total
