"""How a model that may be larger than its device is placed there: whole, part by part, or layer by layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch

from dreamqueue.errors import PaintError

Manner: TypeAlias = Literal["whole", "offload", "sequential"]
"""whole: all of it on the device. offload: its largest part at a time, the others in main memory (diffusers'
`enable_model_cpu_offload`). sequential: a layer at a time, many times slower
(`enable_sequential_cpu_offload`)."""

LAYERS = 8
"""No layer takes more than this share of its part, where nobody says how much one takes."""


@dataclass(frozen=True)
class Needs:
    """Bytes that a model and a painting with it take."""

    whole: float
    """All weights."""
    part: float | None = None
    """Those of the largest part that runs by itself; None: it has no parts."""
    layer: float | None = None
    """Those of the largest layer; None: nobody knows."""
    work: float = 0.0
    """What a painting takes besides, its picture decoded in one piece."""
    tiled: float | None = None
    """The same, decoded in tiles; None: that cannot be done."""

    def of(self, manner: Manner) -> float:
        """Weights that are on the device at once."""
        part = self.whole if self.part is None else self.part
        if manner == "sequential":
            return part / LAYERS if self.layer is None else self.layer
        return self.whole if manner == "whole" else part


@dataclass(frozen=True)
class Placing:
    """What was decided."""

    manner: Manner
    tiles: bool
    """Whether the picture is decoded in tiles and slices, which takes a little longer and less memory."""
    weights: float
    """Bytes of weights that are on the device at once: the estimate for `Residents.take`."""


def placing(name: str, needs: Needs, free: float | None, device: str = "cuda") -> Placing:
    """The fastest way that a model fits into the bytes that are free. None: nobody knows; it is taken to fit.

    Only a GPU with memory of its own can have a model in parts. Raises PaintError, with the numbers.
    """
    found = None
    for found, takes in _ways(needs, offloads(device)):
        if free is None or takes <= free:
            return found
    assert found is not None
    least = found.weights + (needs.work if needs.tiled is None else needs.tiled)
    in_parts = "" if found.manner == "whole" else f", or {_gigabytes(least)} a piece at a time"
    raise PaintError(
        f"`{name}` takes about {_gigabytes(needs.whole + needs.work)}{in_parts}, and {_gigabytes(free or 0)} "
        "are free. Please choose a smaller size or another model."
    )


def offloads(device: str) -> bool:
    """Whether parts of a model can wait in main memory that the device does not share."""
    return torch.device(device).type == "cuda"


def _ways(needs: Needs, apart: bool) -> Iterator[tuple[Placing, float]]:
    """The fastest first, each with the bytes that it takes."""
    manners: tuple[Manner, ...] = ("whole", "offload", "sequential") if apart else ("whole",)
    for manner in manners:
        weights = needs.of(manner)
        yield Placing(manner, False, weights), weights + needs.work
        if needs.tiled is not None:
            yield Placing(manner, True, weights), weights + needs.tiled


def _gigabytes(count: float) -> str:
    return f"{max(count, 0) / 1e9:.1f} GB"
