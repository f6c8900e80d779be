"""taming-transformers' decoder (Esser et al. 2021), written out plainly; its weights fit by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F


def swish(x: Tensor) -> Tensor:
    """x·sigmoid(x)."""
    return x * torch.sigmoid(x)


def norm(channels: int) -> nn.GroupNorm:
    """32 groups."""
    return nn.GroupNorm(32, channels, eps=1e-6)


class ResnetBlock(nn.Module):
    """Norm, swish, convolution, twice; the input is added."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.norm1 = norm(inputs)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.norm2 = norm(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.nin_shortcut = None if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs, H, W) → (N, outputs, H, W)."""
        h: Tensor = self.conv1(swish(self.norm1(x)))
        h = self.conv2(swish(self.norm2(h)))
        return h + (x if self.nin_shortcut is None else self.nin_shortcut(x))


class AttnBlock(nn.Module):
    """Every place looks at all others."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = norm(channels)
        self.q, self.k, self.v, self.proj_out = (nn.Conv2d(channels, channels, 1) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        """(N, c, H, W) → the same."""
        h = self.norm(x)
        q, k, v = (part(h).flatten(2) for part in (self.q, self.k, self.v))  # (N, c, places)
        weights = torch.softmax(torch.bmm(q.transpose(1, 2), k) * x.shape[1] ** -0.5, dim=2)
        seen = torch.bmm(v, weights.transpose(1, 2)).reshape(x.shape)
        added: Tensor = x + self.proj_out(seen)
        return added


class Upsample(nn.Module):
    """Twice as large, nearest neighbour, then a convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, c, H, W) → (N, c, 2H, 2W)."""
        grown: Tensor = self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))
        return grown


class Decoder(nn.Module):
    """Vectors (N, z, h, w) → raw pixels (N, 3, h·f, w·f)."""

    def __init__(
        self, ch: int, ch_mult: Sequence[int], blocks: int, attended: Sequence[int], side: int, z: int
    ) -> None:
        super().__init__()
        width, here = ch * ch_mult[-1], side // 2 ** (len(ch_mult) - 1)
        self.conv_in = nn.Conv2d(z, width, 3, padding=1)
        self.mid = nn.Module()
        self.mid.block_1 = ResnetBlock(width, width)
        self.mid.attn_1 = AttnBlock(width)
        self.mid.block_2 = ResnetBlock(width, width)
        levels: list[nn.Module] = []
        for index in reversed(range(len(ch_mult))):
            level = nn.Module()
            outputs = ch * ch_mult[index]
            level.block = nn.ModuleList()
            level.attn = nn.ModuleList()
            for _ in range(blocks + 1):
                level.block.append(ResnetBlock(width, outputs))
                width = outputs
                if here in attended:
                    level.attn.append(AttnBlock(width))
            if index:
                level.upsample = Upsample(width)
                here *= 2
            levels.insert(0, level)
        self.up = nn.ModuleList(levels)
        self.norm_out = norm(width)
        self.conv_out = nn.Conv2d(width, 3, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        """One layer after the other."""
        h = self.conv_in(z)
        middle: Any = self.mid
        h = middle.block_2(middle.attn_1(middle.block_1(h)))
        for index in reversed(range(len(self.up))):
            level: Any = self.up[index]
            for number, block in enumerate(level.block):
                h = block(h)
                if level.attn:
                    h = level.attn[number](h)
            if index:
                h = level.upsample(h)
        pixels: Tensor = self.conv_out(swish(self.norm_out(h)))
        return pixels
