"""Pooled cutouts: strong edges and highlights count for more than in a plain reduction.

The notebooks of late 2021 reduce with (average + maximum) / 2 of each window, where others average. Theirs
pool the whole picture, so all cuts were the same but for their augmentation; here it is pooled once, and each
cut is a square of its own from it.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from dreamrender.cutouts.augmentation import Augmentation, colour
from dreamrender.cutouts.classic import placements, sampled
from dreamrender.types import Image, Images


def pooled(
    image: Image, count: int, side: int, how: Augmentation, generator: torch.Generator, t: float = 0.0
) -> Images:
    """`count` square cuts of one picture, (count, 3, side, side), differentiable. Values may leave [0, 1]."""
    height, width = image.shape[-2:]
    theta = placements(count, (height, width), how, generator)
    cuts = sampled(reduced(image, side, how.zoom), theta, side, how)
    return colour(cuts, how, generator, t)


def reduced(image: Image, side: int, zoom: tuple[float, float]) -> Image:
    """Average and maximum of each window, mixed half and half. A picture that is small enough stays as it is.

    The size is right for the cut between the closest and the widest, so that those are sampled at about 0.7
    and 1.4 pixels.
    """
    height, width = image.shape[-2:]
    ratio = side / math.sqrt(zoom[0] * zoom[1]) / min(height, width)
    if ratio >= 1:
        return image
    size = max(1, round(height * ratio)), max(1, round(width * ratio))
    return (F.adaptive_avg_pool2d(image, size) + F.adaptive_max_pool2d(image, size)) / 2
