"""Cutouts: what the critic is shown of a picture.

CLIP sees small squares. Many, each turned, scaled, shifted and coloured a little differently, keep the
painter from finding pixels that please the critic without showing anything (Crowson et al. 2022; CLIPig).
"""

from collections.abc import Callable
from typing import TypeAlias

import torch

from dreamrender.cutouts.augmentation import Augmentation, colour
from dreamrender.cutouts.classic import cut_out, placements, prefilter
from dreamrender.cutouts.overview import Overview
from dreamrender.cutouts.pooled import pooled
from dreamrender.types import Image, Images

__all__ = [
    "KINDS",
    "Augmentation",
    "Cutter",
    "Overview",
    "colour",
    "cut_out",
    "placements",
    "pooled",
    "prefilter",
]

Cutter: TypeAlias = Callable[[Image, int, int, Augmentation, torch.Generator, float], Images]
"""(picture, count, side, how they differ, random numbers, progress) to (count, 3, side, side)."""

KINDS: dict[str, Cutter] = {"classic": cut_out, "pooled": pooled, "overview": Overview()}
"""By the names that recipes use."""
