"""A dreaming session: a picture is pushed towards what a layer of the critic's eye already sees in it.

Activations and prompt pull with fixed shares, whatever the size of their gradients: each gradient is divided
by its mean magnitude before they are added, as DeepDream does with its one (Mordvintsev et al. 2015).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from dreamrender.canvases.levels import COLOURS
from dreamrender.critics import HasLayers
from dreamrender.losses import gaussian_blur
from dreamrender.session import SteeredSession
from dreamrender.types import Embeddings, Image, Images

JITTER = 32
"""How far the picture is rolled before each look, in pixels, so that the tower's grid leaves no mark."""

FINE, BROAD = (3, 7, 17), (7, 21, 63)
"""Sides of the Gaussian blurs of a gradient that are added up, all as strong: the dream draws the detail,
the prompt moves light, colour and large shapes. Unblurred, both are mostly noise."""


class DreamSession(SteeredSession):
    """A steered session that also wants more of what `layer` sees. Set `layer` and `share` at once."""

    layer: str
    share: float
    """Of the activations in each step, in [0, 1]; the rest is the prompt's."""

    def views(self) -> tuple[Image, list[Images]]:
        """The picture, whose gradient weighs `1 - share`, and this step's cutouts of it for each critic."""
        image = unit_gradient(self.prepared(), 1 - self.share, BROAD)
        return image, self.cuts(image)

    def loss(self, image: Image, cuts: Sequence[Images], seen: Sequence[Embeddings]) -> Tensor:
        """The prompt's loss, less the mean squared activation of the first critic's layer."""
        critic = self.critic
        assert isinstance(critic, HasLayers)
        reach = min(JITTER, *image.shape[-2:])
        roll = torch.randint(-reach, reach + 1, (2,), generator=self.generator, device=image.device)
        dreamt = unit_gradient(self.canvas.image(), self.share, FINE)
        activations = critic.features(torch.roll(dreamt, roll.tolist(), (1, 2))[None], self.layer)
        return super().loss(image, cuts, seen) - activations.square().mean()


class _UnitGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, image: Tensor, size: float, sides: tuple[int, ...]) -> Tensor:
        ctx.size, ctx.sides = size, sides
        return image.view_as(image)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        (gradient,) = gradients
        colours = torch.tensor(COLOURS, device=gradient.device)
        natural = torch.einsum("ij,kj,khw->ihw", colours, colours, gradient)
        scales = [_unit(gaussian_blur(natural[None], side)[0]) for side in ctx.sides]
        return ctx.size * _unit(torch.stack(scales).sum(0)), None, None


def unit_gradient(image: Image, size: float, sides: tuple[int, ...]) -> Image:
    """The picture itself; its gradient comes back blurred, in natural colours, with mean magnitude `size`."""
    same: Tensor = _UnitGradient.apply(image, size, sides)  # type: ignore[no-untyped-call]
    return same


def _unit(gradient: Tensor) -> Tensor:
    return gradient / gradient.abs().mean().clamp_min(1e-12)


def layer_at(critic: HasLayers, depth: float) -> str:
    """The layer that lies at `depth` of the tower, 0 the first and 1 the last."""
    return critic.layers[round(depth * (len(critic.layers) - 1))]
