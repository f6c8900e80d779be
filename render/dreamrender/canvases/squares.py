"""Generators paint squares of one size: what of it is shown, and how one is brought to resemble a picture."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from dreamqueue.recipe import Recipe
from dreamrender.canvas import Canvas
from dreamrender.types import Image

COARSE = 16
"""Side in pixels of the small picture that the first likeness is measured on."""


def middle(image: Image, height: int, width: int) -> Image:
    """The largest part in the middle of a picture that has the shape `height` : `width`."""
    rows, columns = image.shape[-2:]
    scale = min(rows / height, columns / width)
    tall, wide = max(1, round(height * scale)), max(1, round(width * scale))
    top, left = (rows - tall) // 2, (columns - wide) // 2
    return image[:, top : top + tall, left : left + wide]


def remarks(recipe: Recipe) -> tuple[str, ...]:
    """What a member should know who asked for another shape, or gave an initial picture."""
    said = []
    if recipe.width != recipe.height:
        said.append(f"`{recipe.backend}` paints squares: this is the middle of one.")
    if recipe.image is not None:
        said.append(
            f"`{recipe.backend}` can only approach the initial picture: colours stay, detail does not."
        )
    return tuple(said)


def resemble(
    canvas: Canvas, picture: Image, steps: int, rate: float, strain: Callable[[], Tensor] | None = None
) -> None:
    """Bring a canvas near a picture: Adam on the squared error, coarse and fine, for so many steps.

    `strain` is a further loss, such as what keeps leaves where the generator knows them.
    """
    groups = [{**group, "lr": rate * group["lr"]} for group in canvas.parameters()]
    optimiser = torch.optim.Adam(groups, lr=rate, betas=(0.9, 0.99))
    size = canvas.image().shape[-2:]
    fine = F.interpolate(picture[None], tuple(size), mode="area")
    coarse = F.interpolate(fine, (COARSE, COARSE), mode="area")
    factors = [group["lr"] for group in optimiser.param_groups]
    for step in range(steps):
        image = canvas.image()[None]
        near = F.mse_loss(F.interpolate(image, (COARSE, COARSE), mode="area"), coarse)
        loss = F.mse_loss(image, fine) + near
        if strain is not None:
            loss = loss + strain()
        for group, factor in zip(optimiser.param_groups, factors, strict=True):
            group["lr"] = factor * (1 - 0.9 * step / steps)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        canvas.settle()
    optimiser.zero_grad(set_to_none=True)
