"""What The Big Sleep (Murdock 2021) pushes: noise and soft classes, a row for every layer of a BigGAN."""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from dreamrender.biggan import BigGAN
from dreamrender.canvas import clamp_with_gradient
from dreamrender.canvases.squares import middle
from dreamrender.losses import Scalar
from dreamrender.types import Image

DOUBT = (-3.9, 0.3)
"""Mean and spread of the class logits at the start."""
TEMPERATURE = 2.0
"""Of the softmax that picks classes if only a few may be mixed."""

Noise = Float[Tensor, "rows z"]
Classes = Float[Tensor, "rows classes"]


class Conditions:
    """Rows of noise and of class logits. `few`: how many classes a row may mix, None for all of them.

    The generator's square is shown in its middle, as much as the picture's shape covers.
    """

    def __init__(
        self, model: BigGAN, size: tuple[int, int], generator: torch.Generator, few: int | None = None
    ) -> None:
        self.model, self.few = model, few
        self.start: Image | None = None
        """What to approach before the first step."""
        self.height, self.width = size
        device, shape = generator.device, model.shape
        noise = torch.randn((model.rows, shape.z_dim), generator=generator, device=device)
        logits = torch.randn((model.rows, shape.num_classes), generator=generator, device=device)
        self.noise = noise.requires_grad_()
        self.logits = (DOUBT[0] + DOUBT[1] * logits).requires_grad_()

    @property
    def classes(self) -> Classes:
        """How much of each class every row has, in [0, 1]."""
        return self.logits.sigmoid() if self.few is None else likeliest(self.logits, self.few)

    def parameters(self) -> list[dict[str, Any]]:
        """Noise and logits, equally fast."""
        return [{"params": [self.noise, self.logits], "lr": 1.0}]

    def image(self) -> Image:
        """The middle of what the generator makes of them."""
        return clamp_with_gradient(middle(self.model(self.noise, self.classes)[0], self.height, self.width))

    def strain(self) -> Scalar:
        """How unlike the noise and classes of training these are."""
        return noise_strain(self.noise) + class_strain(self.classes)

    def prepare(self, t: float) -> bool:
        """Nothing changes on the way."""
        return False

    def settle(self) -> None:
        """Leaves may be anywhere; `strain` holds them."""


def likeliest(logits: Classes, count: int) -> Classes:
    """The `count` likeliest classes of each row, one after the other, each by its share of what is left."""
    left, total = logits, torch.zeros_like(logits)
    for _ in range(min(count, logits.shape[1])):
        value, place = (left / TEMPERATURE).softmax(-1).max(-1, keepdim=True)
        total = total.scatter(-1, place, value)
        left = left.scatter(-1, place, float("-inf"))
    return total


def noise_strain(noise: Noise) -> Scalar:
    """Distance of each row from standard normal numbers, by its first four moments (Big Sleep).

    |1 - std| + |mean| + |kurtosis| + |skewness|, means over rows, and 4·max(mean square, 1).
    """
    mean = noise.mean(1, keepdim=True)
    scores = (noise - mean) / (noise - mean).square().mean(1, keepdim=True).clamp_min(1e-12).sqrt()
    skew, kurtosis = scores.pow(3).mean(1), scores.pow(4).mean(1) - 3
    rows = (1 - noise.std(1)).abs() + mean[:, 0].abs() + kurtosis.abs() + skew.abs()
    return rows.mean() + 4 * noise.square().mean().clamp_min(1)


def class_strain(classes: Classes) -> Scalar:
    """Mean of (50·c)² over all but each row's strongest class (Big Sleep): few classes are to speak."""
    rest = classes.topk(classes.shape[1] - 1, largest=False).values
    return (50 * rest).square().mean()
