"""A steered session: one canvas on its way to what its recipe asks for."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim import Optimizer

from dreamqueue.recipe import Recipe
from dreamqueue.sizes import margins
from dreamqueue.turns import unrest, way
from dreamrender.aims import Aims, Target
from dreamrender.averages import Average
from dreamrender.canvas import AnySize, Canvas, Scalable, Unclamped, clamp_with_gradient, leaves, resized
from dreamrender.collection.guides import Collected
from dreamrender.critics import Critic
from dreamrender.preset import Preset
from dreamrender.schedule import progress
from dreamrender.steering import Steering
from dreamrender.tiling import seamless, sized
from dreamrender.types import Embeddings, Image, Images

RESTLESS = 1.0
"""Least factor of the learning rate while the words change, and for a while after."""


class SteeredSession:
    """One picture being steered. Its generator was seeded before anything was drawn from it.

    `others` are further critics. Each has its own cutouts at its own size, and all count the same. `targets`
    are pictures beside the phrases, with their weights; those of `collected` come and go on the way.
    """

    def __init__(
        self,
        recipe: Recipe,
        canvas: Canvas,
        preset: Preset,
        critic: Critic,
        generator: torch.Generator,
        others: Sequence[Critic] = (),
        targets: Sequence[Target] = (),
        collected: Collected | None = None,
    ) -> None:
        self.recipe = recipe
        self.canvas = canvas
        self.preset = preset
        self.critic = critic
        """Whose score is shown."""
        self.critics = (critic, *others)
        self.generator = generator
        self.step = 0
        self.resolution = 1.0
        """Share of the canvas's full sides that it is steered at."""
        self.steering = Steering(preset, self.critics, generator, targets, collected)
        self._aim()
        self.optimiser = self._new_optimiser()
        self.average = Average(preset.average)
        self._scored: tuple[int, float | None] = (-1, None)
        self._raw: Image | None = None

    @property
    def t(self) -> float:
        """Progress of the next step, in [0, 1]; in a leg before, as far as was known then."""
        return progress(self.step, self.recipe.steps_at(self.step))

    @property
    def way(self) -> float:
        """Progress through the whole render, in [0, 1]: the clock of the phrases' weights."""
        return way(self.recipe, self.step)

    @property
    def score(self) -> float | None:
        """Cosine similarity of the whole picture and the phrases of positive weight; None if there are none.

        As the first critic sees it. Worked out when asked for (one look of the critic), and once a step.
        """
        if self._scored[0] != self.step:
            self._scored = (self.step, self._similarity())
        return self._scored[1]

    @property
    def aims(self) -> Sequence[Aims]:
        """In the order of the critics."""
        return self.steering.aims

    def views(self) -> tuple[Image, list[Images]]:
        """The picture, and this step's cutouts of it for each critic."""
        image = self.prepared()
        return image, self.cuts(image)

    def prepared(self) -> Image:
        """The picture as this step sees it, the canvas brought to the size and state of its progress."""
        self._raw = None
        rescaled = self.rescale(self.preset.share_at(self.t))
        if self.canvas.prepare(self.t) or rescaled:
            self.restart_optimiser()
        if self.preset.on_raw and isinstance(self.canvas, Unclamped):
            self._raw = self.canvas.unclamped()
            self._raw = self._repeating(self._raw)
            return clamp_with_gradient(self._raw)
        return self._repeating(self.canvas.image())

    def rescale(self, share: float) -> bool:
        """Steer at a share of the full sides from here on; True if the leaves were replaced."""
        if share == self.resolution:
            return False
        self.resolution = share
        return isinstance(self.canvas, Scalable) and self.canvas.scale(share)

    def cuts(self, image: Image) -> list[Images]:
        """This step's cutouts for each critic, (cuts, 3, side, side) of its own side."""
        return self.steering.cuts(image, self.t)

    def loss(self, image: Image, cuts: Sequence[Images], seen: Sequence[Embeddings]) -> Tensor:
        """What this step wants smaller, given each critic's embeddings of its cuts: the critics' mean."""
        return self.steering.loss(image, cuts, seen, self.t, self.way, self._raw)

    def advance(self) -> None:
        """Take the optimiser's step along the gradients that are there."""
        calm = self.preset.rate_scale(self.t) * self._pace
        calm = max(calm, RESTLESS * unrest(self.recipe, self.step))
        scale = self.preset.rate * self.preset.haste(self.t) * calm
        for group in self.optimiser.param_groups:
            group["lr"] = scale * group["factor"]
        self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self._raw = None
        self.canvas.settle()
        if self.preset.average:
            self.average.add(leaves(self.canvas))
        self.step += 1

    def steer(self, recipe: Recipe) -> None:
        """Go on by a recipe with other phrases, more steps or both."""
        self.recipe = recipe
        self._aim()
        self._scored = (-1, None)

    def _aim(self) -> None:
        self.steering.turn(self.recipe)
        self.notes = self.steering.notes
        """What the member should know, in their words."""

    @property
    def _pace(self) -> float:
        """How much longer each step is where there are fewer than the preset's rate was found for."""
        steps = self.recipe.steps_at(self.step)
        return min(4.0, max(0.25, (self.preset.steps or steps) / steps))

    @torch.no_grad()
    def picture(self) -> Image:
        """The picture at the recipe's size, RGB in [0, 1], float32, on the CPU."""
        size = self.recipe.height, self.recipe.width
        with self.average.in_place_of(leaves(self.canvas)):
            image = self._tile(*size) if self.recipe.tile else self._whole(*size)
        return image.detach().float().cpu()

    def _whole(self, height: int, width: int) -> Image:
        canvas = self.canvas
        if isinstance(canvas, AnySize):
            return canvas.rendered(height, width)
        return resized(canvas.image(), height, width)

    def _tile(self, height: int, width: int) -> Image:
        down, across = margins(height, width)
        canvas = self.canvas
        if isinstance(canvas, AnySize):
            image = canvas.rendered(height + down, width + across)
        else:
            image = canvas.image()
        return sized(self._repeating(image), height, width)

    def _repeating(self, image: Image) -> Image:
        """Of the canvas's picture what is shown: all of it, or the part that repeats."""
        return seamless(image, self.recipe.height, self.recipe.width) if self.recipe.tile else image

    def restart_optimiser(self) -> None:
        """The canvas's leaves are others now."""
        self.optimiser = self._new_optimiser()

    def _new_optimiser(self) -> Optimizer:
        groups = [{**group, "factor": group["lr"], "lr": 0.0} for group in self.canvas.parameters()]
        return self.preset.optimiser(groups)

    @torch.no_grad()
    def _similarity(self) -> float | None:
        with self.average.in_place_of(leaves(self.canvas)):
            image = self._repeating(self.canvas.image())
        return self.aims[0].score(self.critic.encode_images(image[None]), self.way)
