"""The discrete VAE of DALL-E (Ramesh et al. 2021): 8,192 codes, each for 8 by 8 pixels.

Parameters are named as in OpenAI's published modules. All sizes are read off the weights.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from dreamqueue.errors import PaintError
from dreamrender.types import Images

GROUPS = 4
FACTOR = 2 ** (GROUPS - 1)
"""Pixels a side that one code stands for."""
MARGIN = 0.1
"""What the logit-Laplace distribution leaves free at both ends of [0, 1] (§A.3)."""

Logits = Float[Tensor, "batch codes rows columns"]
"""Of the codes in every place; after a softmax, their shares."""


class Conv(nn.Module):
    """A convolution that keeps the size; its tensors are called `w` and `b`."""

    def __init__(self, channels: int, out: int, side: int) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.zeros(out, channels, side, side))
        self.b = nn.Parameter(torch.zeros(out))

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, h, w) → (N, out, h, w)."""
        return F.conv2d(x, self.w, self.b, padding=self.w.shape[-1] // 2)


class Block(nn.Module):
    """Four convolutions beside a shortcut; `sides` are their kernels'."""

    def __init__(self, channels: int, out: int, sides: tuple[int, ...], gain: float) -> None:
        super().__init__()
        inner = out // 4
        widths = [channels, inner, inner, inner, out]
        self.gain = gain
        self.id_path = Conv(channels, out, 1) if channels != out else nn.Identity()
        self.res_path = nn.Sequential(
            OrderedDict(
                (name, part)
                for number, side in enumerate(sides, 1)
                for name, part in (
                    (f"relu_{number}", nn.ReLU()),
                    (f"conv_{number}", Conv(widths[number - 1], widths[number], side)),
                )
            )
        )

    def forward(self, x: Tensor) -> Tensor:
        """(N, channels, h, w) → (N, out, h, w)."""
        summed: Tensor = self.id_path(x) + self.gain * self.res_path(x)
        return summed


@dataclass(frozen=True)
class Shape:
    """Of one half: channels before the first group, after each group, at the end; blocks in a group."""

    start: int
    widths: tuple[int, ...]
    end: int
    blocks: int

    @classmethod
    def of(cls, stored: Mapping[str, Tensor], file: str) -> Shape:
        """Read off the weights; raises PaintError for another architecture's."""
        numbers = [
            int(n) for n in re.findall(r"blocks\.group_1\.block_(\d+)\.res_path\.conv_1\.w", " ".join(stored))
        ]
        last = [f"blocks.group_{group}.block_1.res_path.conv_4.b" for group in range(1, GROUPS + 1)]
        wanted = ["blocks.input.b", *last, "blocks.output.conv.b"]
        if not numbers or any(name not in stored or stored[name].ndim != 1 for name in wanted):
            raise PaintError(f"{file} is no half of DALL-E's dVAE: its weights have other names.")
        start, *widths, end = (len(stored[name]) for name in wanted)
        if max(numbers) > 64 or any(width % 4 for width in widths):
            raise PaintError(f"{file} is no half of DALL-E's dVAE: its layers have strange sizes.")
        return cls(start, tuple(widths), end, max(numbers))

    def groups(self, sides: tuple[int, ...], between: nn.Module) -> list[tuple[str, nn.Module]]:
        """The groups, with a change of size after each but the last."""
        gain = 1 / (GROUPS * self.blocks) ** 2
        made: list[tuple[str, nn.Module]] = []
        before = self.start
        for number, width in enumerate(self.widths, 1):
            parts: OrderedDict[str, nn.Module] = OrderedDict()
            for block in range(1, self.blocks + 1):
                parts[f"block_{block}"] = Block(before, width, sides, gain)
                before = width
            if number < GROUPS:
                parts["resize"] = between
            made.append((f"group_{number}", nn.Sequential(parts)))
        tail = [("relu", nn.ReLU()), ("conv", Conv(before, self.end, 1))]
        return [*made, ("output", nn.Sequential(OrderedDict(tail)))]


class Encoder(nn.Module):
    """Pictures to logits."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        groups = shape.groups((3, 3, 3, 1), nn.MaxPool2d(2))
        self.blocks = nn.Sequential(OrderedDict([("input", Conv(3, shape.start, 7)), *groups]))

    def forward(self, images: Images) -> Logits:
        """(N, 3, 8h, 8w) in [0, 1] → (N, codes, h, w)."""
        logits: Tensor = self.blocks((1 - 2 * MARGIN) * images + MARGIN)
        return logits


class Decoder(nn.Module):
    """Shares of codes to pictures. `codes` is how many there are."""

    def __init__(self, shape: Shape, codes: int) -> None:
        super().__init__()
        self.codes = codes
        groups = shape.groups((1, 3, 3, 3), nn.Upsample(scale_factor=2, mode="nearest"))
        self.blocks = nn.Sequential(OrderedDict([("input", Conv(codes, shape.start, 1)), *groups]))

    def forward(self, shares: Logits) -> Images:
        """(N, codes, h, w) → (N, 3, 8h, 8w), which may leave [0, 1] by an eighth."""
        means = self.blocks(shares)[:, :3]  # the other three are the distribution's spreads
        pixels: Tensor = (means.sigmoid() - MARGIN) / (1 - 2 * MARGIN)
        return pixels
