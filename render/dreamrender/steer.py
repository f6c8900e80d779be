"""CLIP steering, written once: canvases are pushed until a critic finds the phrases in them.

A CLIP-steered system is a canvas and a `Preset`. Sessions that share a critic share one forward and one
backward pass of it; everything else (leaves, optimiser, random numbers) is a session's own, so joining a
batch does not change what is painted beyond rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.optim import Optimizer

from dreamqueue.recipe import Recipe
from dreamrender.canvas import Canvas, resized
from dreamrender.critics import Critic
from dreamrender.cutouts import Augmentation, cut_out
from dreamrender.losses import prompt_loss, spherical_distance, weighted_cosine
from dreamrender.schedule import Schedule, always, progress
from dreamrender.types import Embeddings, Image, Images

MakeOptimiser: TypeAlias = Callable[[list[dict[str, Any]]], Optimizer]


@dataclass(frozen=True)
class Regulariser:
    """A loss besides the prompt's, `weight` times, while `start` ≤ t ≤ `end`."""

    loss: Callable[[Images], Tensor]
    weight: float
    start: float = 0.0
    end: float = 1.0


@dataclass(frozen=True)
class Preset:
    """How to steer: everything that is not the canvas."""

    cuts: int = 8
    """Cutouts a step."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    distance: Callable[[Embeddings, Embeddings], Tensor] = spherical_distance
    """All pairs of cuts and phrases → (cuts, phrases)."""
    optimiser: MakeOptimiser = torch.optim.Adam
    """Made anew when the canvas replaces its leaves."""
    rate: float = 0.05
    """Learning rate, times each parameter group's own factor."""
    rate_scale: Schedule = always
    steps: int | None = None
    """Steps that the rate was found for: with fewer, each is longer, so that the canvas gets as far."""
    on_cuts: tuple[Regulariser, ...] = ()
    """Losses on what the critic sees, (cuts, 3, side, side)."""
    on_image: tuple[Regulariser, ...] = ()
    """Losses on the picture, (1, 3, h, w)."""


class SteeredSession:
    """One picture being steered. Its generator was seeded before anything was drawn from it."""

    def __init__(
        self, recipe: Recipe, canvas: Canvas, preset: Preset, critic: Critic, generator: torch.Generator
    ) -> None:
        self.recipe = recipe
        self.canvas = canvas
        self.preset = preset
        self.critic = critic
        self.generator = generator
        self.step = 0
        self.notes = too_long(recipe, critic)
        """What the member should know, in their words."""
        self.texts = critic.encode_texts([phrase.text for phrase in recipe.phrases]).detach()
        self._weights = torch.tensor([phrase.weight for phrase in recipe.phrases], device=self.texts.device)
        self._pace = min(4.0, max(0.25, (preset.steps or recipe.steps) / recipe.steps))
        self._optimiser = self._new_optimiser()
        self._scored: tuple[int, float | None] = (-1, None)

    @property
    def t(self) -> float:
        """Progress of the next step, in [0, 1]."""
        return progress(self.step, self.recipe.steps)

    @property
    def score(self) -> float | None:
        """Cosine similarity of the whole picture and the phrases of positive weight; None if there are none.

        Worked out when asked for (one look of the critic), and once a step.
        """
        if self._scored[0] != self.step:
            self._scored = (self.step, self._similarity())
        return self._scored[1]

    def cuts(self) -> tuple[Image, Images]:
        """The picture and this step's cutouts of it."""
        if self.canvas.prepare(self.t):
            self._optimiser = self._new_optimiser()
        image = self.canvas.image()
        how = self.preset.augmentation
        return image, cut_out(image, self.preset.cuts, self.critic.image_size, how, self.generator, self.t)

    def loss(self, image: Image, cuts: Images, seen: Embeddings) -> Tensor:
        """What this step wants smaller, given the critic's embeddings of the cuts."""
        total = prompt_loss(self.preset.distance(seen, self.texts), self._weights)
        for regularisers, images in ((self.preset.on_cuts, cuts), (self.preset.on_image, image[None])):
            for regulariser in regularisers:
                if regulariser.start <= self.t <= regulariser.end:
                    total = total + regulariser.weight * regulariser.loss(images)
        return total

    def advance(self) -> None:
        """Take the optimiser's step along the gradients that are there."""
        scale = self.preset.rate * self.preset.rate_scale(self.t) * self._pace
        for group in self._optimiser.param_groups:
            group["lr"] = scale * group["factor"]
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        self.canvas.settle()
        self.step += 1

    @torch.no_grad()
    def picture(self) -> Image:
        """The picture at the recipe's size, RGB in [0, 1], float32, on the CPU."""
        image = resized(self.canvas.image(), self.recipe.height, self.recipe.width)
        return image.detach().float().cpu()

    def _new_optimiser(self) -> Optimizer:
        groups = [{**group, "factor": group["lr"], "lr": 0.0} for group in self.canvas.parameters()]
        return self.preset.optimiser(groups)

    @torch.no_grad()
    def _similarity(self) -> float | None:
        if all(phrase.weight <= 0 for phrase in self.recipe.phrases):
            return None
        seen = self.critic.encode_images(self.canvas.image()[None])
        return float(weighted_cosine(seen, self.texts, self._weights))


def step(sessions: Sequence[SteeredSession]) -> None:
    """One step of each session, with one look of the critic they share."""
    critic = sessions[0].critic
    views = [session.cuts() for session in sessions]
    seen = critic.encode_images(torch.cat([cuts for _, cuts in views]))
    parts = torch.split(seen.float(), [len(cuts) for _, cuts in views])
    losses = [session.loss(*view, part) for session, view, part in zip(sessions, views, parts, strict=True)]
    torch.stack(losses).sum().backward()  # type: ignore[no-untyped-call]
    for session in sessions:
        session.advance()


def seeded(recipe: Recipe, device: torch.device | str) -> torch.Generator:
    """The one source of a session's random numbers; make it first."""
    return torch.Generator(device).manual_seed(recipe.seed)


def too_long(recipe: Recipe, critic: Critic) -> tuple[str, ...]:
    """A note for each phrase that the critic cannot read to its end."""
    which = (
        ["The prompt"]
        if len(recipe.phrases) == 1
        else [f"Phrase {n + 1}" for n in range(len(recipe.phrases))]
    )
    return tuple(
        f"{name} is longer than the {critic.max_tokens} tokens that this critic reads: its end is not seen."
        for name, phrase in zip(which, recipe.phrases, strict=True)
        if critic.tokens(phrase.text) > critic.max_tokens
    )
