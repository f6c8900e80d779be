"""A preset: how a CLIP-steered backend steers, everything that is not the canvas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import torch
from torch import Tensor
from torch.optim import Optimizer

from dreamrender.cutouts import Augmentation, Cutter, cut_out
from dreamrender.losses import spherical_distance
from dreamrender.schedule import Schedule, always, rung
from dreamrender.types import Embeddings, Images

MakeOptimiser: TypeAlias = Callable[[list[dict[str, Any]]], Optimizer]


@dataclass(frozen=True)
class Regulariser:
    """A loss besides the prompt's, `weight` times, while `start` ≤ t ≤ `end`."""

    loss: Callable[[Images], Tensor]
    weight: float | Schedule
    start: float = 0.0
    end: float = 1.0

    def at(self, t: float) -> float:
        """Its weight at progress t."""
        if not self.start <= t <= self.end:
            return 0.0
        return self.weight(t) if callable(self.weight) else self.weight


@dataclass(frozen=True)
class Preset:
    """How to steer: everything that is not the canvas."""

    cuts: int | Schedule = 8
    """Cutouts a step, by progress; rounded, at least one."""
    resolution: float | Schedule = 1.0
    """Share of the canvas's full sides that it is steered at; a schedule climbs in `rung`s. Only for canvases
    that are `Scalable`, and not with an initial picture, whose detail would be lost."""
    cutter: Cutter = cut_out
    """How cutouts are made."""
    augmentation: Augmentation = field(default_factory=Augmentation)
    distance: Callable[[Embeddings, Embeddings], Tensor] = spherical_distance
    """All pairs of cuts and phrases → (cuts, phrases)."""
    optimiser: MakeOptimiser = torch.optim.Adam
    """Made anew when the canvas replaces its leaves."""
    rate: float = 0.05
    """Learning rate, times each parameter group's own factor."""
    rate_scale: Schedule = always
    haste: Schedule = always
    """What a recipe makes of the rate, times all else."""
    steps: int | None = None
    """Steps that the rate was found for: with fewer, each is longer, so that the canvas gets as far."""
    average: float = 0.0
    """Decay of the average of the leaves that is shown, see `averages`; 0 shows the newest."""
    on_cuts: tuple[Regulariser, ...] = ()
    """Losses on what the critic sees, (cuts, 3, side, side)."""
    on_image: tuple[Regulariser, ...] = ()
    """Losses on the picture, (1, 3, h, w)."""
    on_raw: tuple[Regulariser, ...] = ()
    """Losses on the picture before it is clamped, (1, 3, h, w); of canvases that are `Unclamped`."""

    def cuts_at(self, t: float) -> int:
        """Cutouts of the step at progress t."""
        return max(1, round(self.cuts(t))) if callable(self.cuts) else self.cuts

    @property
    def most_cuts(self) -> int:
        """Cutouts of a step, at most."""
        return max(self.cuts_at(step / 20) for step in range(21))

    def share_at(self, t: float) -> float:
        """Share of the full sides that the step at progress t is steered at, in (0, 1]."""
        return rung(self.resolution(t)) if callable(self.resolution) else self.resolution
