"""Pictures that repeat without seams (`--tile`), whatever they are made of.

A canvas is made larger than the picture by `dreamqueue.sizes.margins`, and `seamless` lays what lies beyond
the right edge over what lies at the left one, fading from the one to the other: so the left edge goes on
where the right one ends, whether the canvas is made of pixels, codes or sines. What critics look at is
`rolled` by another distance each time, so that no place is an edge and the fading is painted over like
everything else.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from dreamqueue.sizes import margins
from dreamrender.types import Image, Images

AROUND = 8
"""Latents beyond each edge that a decoder sees."""


def wrapped(image: Image, down: int, across: int) -> Image:
    """The picture and, below and to the right of it, the beginning of its repetition."""
    height, width = image.shape[-2:]
    rows = torch.arange(height + down, device=image.device) % height
    columns = torch.arange(width + across, device=image.device) % width
    return image[..., rows, :][..., columns]


def seamless(image: Image, height: int, width: int) -> Image:
    """Of a canvas's picture the part that repeats, in the proportions of `height` and `width` with `margins`.

    It has those very sides if the canvas has them with the margins, and other ones in proportion.
    Differentiable.
    """
    down, across = margins(height, width)
    tall, wide = image.shape[-2:]
    image = _faded(image, max(1, round(tall * height / (height + down))), 1)
    return _faded(image, max(1, round(wide * width / (width + across))), 2)


def sized(image: Image, height: int, width: int) -> Image:
    """A picture that repeats, at another size: what lies beyond its edges is its other side."""
    tall, wide = image.shape[-2:]
    if (tall, wide) == (height, width):
        return image
    around = torch.cat([image, image, image], 1)
    around = torch.cat([around, around, around], 2)
    large = F.interpolate(
        around[None], (3 * height, 3 * width), mode="bicubic", antialias=True, align_corners=False
    )
    return large[0, :, height : 2 * height, width : 2 * width].clamp(0, 1)


def repeating(latents: Tensor, draw: Callable[[Tensor], Images]) -> Images:
    """What `draw` makes of latents whose picture repeats: drawn with `AROUND` latents of what lies beyond
    each edge, which are cut away then, so that what is drawn at an edge knows its other side."""
    height, width = latents.shape[-2:]
    down, across = min(AROUND, height), min(AROUND, width)
    around = F.pad(latents, (across, across, down, down), "circular")
    images = draw(around)
    tall = images.shape[-2] // (height + 2 * down)
    wide = images.shape[-1] // (width + 2 * across)
    return images[..., down * tall : (down + height) * tall, across * wide : (across + width) * wide]


def rolled(images: Images | Image, generator: torch.Generator) -> Tensor:
    """The picture moved round by any distance, drawn from the generator; differentiable."""
    height, width = images.shape[-2:]
    draw = torch.rand(2, generator=generator, device=generator.device)
    return images.roll((int(draw[0] * height), int(draw[1] * width)), (-2, -1))


def _faded(image: Image, side: int, axis: int) -> Image:
    """The first `side` along an axis; what lies beyond fades into its beginning."""
    beyond = min(side, image.shape[axis] - side)
    if beyond < 1:
        return image
    shape = [1, 1, 1]
    shape[axis] = beyond
    share = (torch.arange(beyond, device=image.device) / beyond).view(shape)
    begin, after = image.narrow(axis, 0, beyond), image.narrow(axis, side, beyond)
    mixed = share * begin + (1 - share) * after
    return torch.cat([mixed, image.narrow(axis, beyond, side - beyond)], axis)
