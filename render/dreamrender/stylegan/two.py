"""StyleGAN2's generator (Karras et al. 2020), configurations E and F with skips. Noise is the stored one."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping as MappingType
from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from dreamqueue.errors import PaintError
from dreamrender.stylegan.layers import LEAK, ROOT, Linear, Mapping, Style, demodulation, resampled
from dreamrender.types import Images

SMALLEST = 4
"""Side in pixels of the first block."""


@dataclass(frozen=True)
class Shape:
    """Sizes of a generator."""

    z: int
    w: int
    mapping: int
    """Layers of the mapping network."""
    channels: tuple[int, ...]
    """Of the blocks at 4, 8, 16, … pixels."""
    loudest: float = math.inf
    """Activations are clamped to this: 256 in modules that were trained in half precision."""

    @classmethod
    def of(cls, stored: MappingType[str, Tensor], file: str, loudest: float = math.inf) -> Shape:
        """Read off the weights; raises PaintError for another architecture's."""
        if "mapping.embed.weight" in stored:
            raise PaintError(
                f"{file} wants a label for every picture; I paint with generators that want none."
            )
        sides = sorted(
            {int(side) for side in re.findall(r"synthesis\.b(\d+)\.conv1\.bias", " ".join(stored))}
        )
        doubled = [SMALLEST << index for index in range(len(sides))]
        first, last = stored.get("mapping.fc0.weight"), stored.get("mapping.w_avg")
        if (
            not sides
            or sides != doubled
            or sides[-1] > 2048
            or first is None
            or first.ndim != 2
            or last is None
        ):
            raise PaintError(
                f"{file} is no generator of StyleGAN2 that I know: its weights have other names."
            )
        layers = sum(bool(re.fullmatch(r"mapping\.fc\d+\.weight", name)) for name in stored)
        channels = tuple(stored[f"synthesis.b{side}.conv1.bias"].numel() for side in sides)
        return cls(first.shape[1], last.numel(), layers, channels, loudest)


class Layer(nn.Module):
    """A modulated convolution, with noise and a leaky ReLU; `up` doubles the side."""

    def __init__(self, channels: int, out: int, shape: Shape, side: int, *, up: bool) -> None:
        super().__init__()
        self.affine = Linear(shape.w, channels)
        self.weight = nn.Parameter(torch.zeros(out, channels, 3, 3))
        self.bias = nn.Parameter(torch.zeros(out))
        self.noise_strength = nn.Parameter(torch.zeros(()))
        self.noise_const: Tensor
        self.resample_filter: Tensor
        self.register_buffer("noise_const", torch.zeros(side, side))
        self.register_buffer("resample_filter", torch.zeros(4, 4))
        self.up, self.loudest = up, shape.loudest

    def forward(self, x: Tensor, style: Style) -> Tensor:
        """(1, channels, h, w) → (1, out, h or 2h, w or 2w)."""
        scale = self.affine(style)
        x = x * scale[..., None, None]
        if self.up:
            x = F.conv_transpose2d(x, self.weight.transpose(0, 1), stride=2)
            x = resampled(x, self.resample_filter, padding=(1, 1, 1, 1)) * 4
        else:
            x = F.conv2d(x, self.weight, padding=1)
        x = x * demodulation(self.weight, scale) + self.noise_const * self.noise_strength
        x = F.leaky_relu(x + self.bias[:, None, None], LEAK) * ROOT
        return x.clamp(-self.loudest, self.loudest)


class ToRGB(nn.Module):
    """A modulated convolution of one pixel, to colours."""

    def __init__(self, channels: int, shape: Shape) -> None:
        super().__init__()
        self.loudest = shape.loudest
        self.affine = Linear(shape.w, channels)
        self.weight = nn.Parameter(torch.zeros(3, channels, 1, 1))
        self.bias = nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor, style: Style) -> Tensor:
        """(1, channels, h, w) → (1, 3, h, w)."""
        scale = self.affine(style) / math.sqrt(self.weight.shape[1])
        colours = F.conv2d(x * scale[..., None, None], self.weight, self.bias)
        return colours.clamp(-self.loudest, self.loudest)


class Block(nn.Module):
    """One resolution."""

    def __init__(self, channels: int, out: int, shape: Shape, side: int) -> None:
        super().__init__()
        self.resample_filter: Tensor
        self.register_buffer("resample_filter", torch.zeros(4, 4))
        if side == SMALLEST:
            self.const = nn.Parameter(torch.zeros(out, side, side))
        else:
            self.conv0 = Layer(channels, out, shape, side, up=True)
        self.conv1 = Layer(out, out, shape, side, up=False)
        self.torgb = ToRGB(out, shape)
        self.first = side == SMALLEST

    def forward(self, x: Tensor, image: Tensor, styles: list[Style]) -> tuple[Tensor, Tensor]:
        """The styles of its convolutions and that of its colours; → activations and the picture so far."""
        *own, last = styles
        if self.first:
            x = self.conv1(self.const[None], own[0])
            return x, self.torgb(x, last)
        x = self.conv1(self.conv0(x, own[0]), own[1])
        grown = resampled(image, self.resample_filter, up=2, padding=(2, 1, 2, 1))
        return x, grown + self.torgb(x, last)


class Synthesis(nn.Module):
    """Styles, a row a layer, to a picture in [-1, 1]."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.rows = 2 * len(shape.channels)
        before = 0
        for index, channels in enumerate(shape.channels):
            side = SMALLEST << index
            self.add_module(f"b{side}", Block(before, channels, shape, side))
            before = channels

    def forward(self, rows: Float[Tensor, "rows w"]) -> Images:
        """(rows, w) → (1, 3, side, side). Neighbouring blocks share the row of colours."""
        styles = list(torch.split(rows, 1))
        x = image = rows.new_zeros(())
        at = 0
        for block in self.children():
            count = 1 if at == 0 else 2
            x, image = block(x, image, styles[at : at + count + 1])
            at += count
        return image


class StyleGAN2(nn.Module):
    """The generator."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.mapping = Mapping(shape.z, shape.w, shape.mapping)
        self.synthesis = Synthesis(shape)
