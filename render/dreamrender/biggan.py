"""BigGAN-deep's generator (Brock et al. 2019), with a condition of its own for every layer (The Big Sleep).

Parameters are named as in the published checkpoints of pytorch-pretrained-biggan. That package is from 2019
and brings boto3 and its own downloads along, so the generator is written here.
"""

from __future__ import annotations

from typing import Annotated, Self

import torch
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict, Field, model_validator
from torch import Tensor, nn
from torch.nn import functional as F

from dreamrender.types import Images

_Width = Annotated[int, Field(ge=1, le=4096)]
_Channels = Annotated[int, Field(ge=1, le=64)]
SMALLEST = 4
"""Side in pixels that the first layer works on."""

Condition = Float[Tensor, "1 condition"]
"""Noise and the embedding of classes, side by side."""


class Shape(BaseModel):
    """A published `config.json`. A layer is (doubles the side, channels in, channels out) in units of
    `channel_width`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    output_dim: Annotated[int, Field(ge=8, le=1024)]
    z_dim: _Width = 128
    channel_width: _Width = 128
    num_classes: Annotated[int, Field(ge=2, le=100_000)] = 1000
    layers: Annotated[tuple[tuple[bool, _Channels, _Channels], ...], Field(min_length=1, max_length=40)]
    attention_layer_position: Annotated[int, Field(ge=0)]
    eps: Annotated[float, Field(gt=0, lt=1)] = 1e-4
    n_stats: Annotated[int, Field(ge=2, le=1000)] = 51
    """Truncations that the normalisation has statistics for: 0, …, 1."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.output_dim != SMALLEST << sum(doubles for doubles, _, _ in self.layers):
            raise ValueError("the layers do not lead to output_dim")
        if self.attention_layer_position >= len(self.layers):
            raise ValueError("attention_layer_position lies after the last layer")
        return self


class Statistics(nn.Module):
    """Means and variances of channels, stored for several truncations, of which `row` is used."""

    def __init__(self, channels: int, shape: Shape, row: int) -> None:
        super().__init__()
        self.running_means: Tensor
        self.running_vars: Tensor
        self.register_buffer("running_means", torch.zeros(shape.n_stats, channels))
        self.register_buffer("running_vars", torch.ones(shape.n_stats, channels))
        self.row, self.eps = row, shape.eps


class Norm(Statistics):
    """Normalisation by stored statistics, scaled and shifted by the condition."""

    def __init__(self, channels: int, shape: Shape, row: int) -> None:
        super().__init__(channels, shape, row)
        self.scale = nn.Linear(2 * shape.z_dim, channels, bias=False)
        self.offset = nn.Linear(2 * shape.z_dim, channels, bias=False)

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        """(1, c, h, w) → the same."""
        gain = (1 + self.scale(condition)) * (self.running_vars[self.row] + self.eps).rsqrt()
        shift = self.offset(condition) - self.running_means[self.row] * gain
        return torch.addcmul(shift[..., None, None], x, gain[..., None, None])


class Block(nn.Module):
    """A bottleneck of four convolutions beside a shortcut that drops channels."""

    def __init__(self, doubles: bool, channels: int, out: int, shape: Shape, row: int) -> None:
        super().__init__()
        inner = channels // 4
        self.doubles, self.out = doubles, out
        self.bn_0, self.conv_0 = Norm(channels, shape, row), nn.Conv2d(channels, inner, 1)
        self.bn_1, self.conv_1 = Norm(inner, shape, row), nn.Conv2d(inner, inner, 3, padding=1)
        self.bn_2, self.conv_2 = Norm(inner, shape, row), nn.Conv2d(inner, inner, 3, padding=1)
        self.bn_3, self.conv_3 = Norm(inner, shape, row), nn.Conv2d(inner, out, 1)

    def forward(self, x: Tensor, condition: Condition) -> Tensor:
        """(1, channels, h, w) → (1, out, h or 2h, w or 2w)."""
        y = self.conv_0(F.relu(self.bn_0(x, condition)))
        y = F.relu(self.bn_1(y, condition))
        y = self.conv_1(_doubled(y) if self.doubles else y)
        y = self.conv_2(F.relu(self.bn_2(y, condition)))
        y = self.conv_3(F.relu(self.bn_3(y, condition)))
        short = x[:, : self.out]
        summed: Tensor = y + (_doubled(short) if self.doubles else short)
        return summed


class Attention(nn.Module):
    """Attention over all places; keys and values at half the resolution (Zhang et al. 2019)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.snconv1x1_theta = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.snconv1x1_phi = nn.Conv2d(channels, channels // 8, 1, bias=False)
        self.snconv1x1_g = nn.Conv2d(channels, channels // 2, 1, bias=False)
        self.snconv1x1_o_conv = nn.Conv2d(channels // 2, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """(1, c, h, w) → the same."""
        queries = self.snconv1x1_theta(x).flatten(2)
        keys = F.max_pool2d(self.snconv1x1_phi(x), 2).flatten(2)
        values = F.max_pool2d(self.snconv1x1_g(x), 2).flatten(2)
        chosen = (queries.mT @ keys).softmax(-1)
        seen = (values @ chosen.mT).view(1, -1, *x.shape[2:])
        summed: Tensor = x + self.gamma * self.snconv1x1_o_conv(seen)
        return summed


class FinalNorm(Statistics):
    """Normalisation by stored statistics, with learnt scale and shift."""

    def __init__(self, channels: int, shape: Shape, row: int) -> None:
        super().__init__(channels, shape, row)
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """(1, c, h, w) → the same."""
        mean, var = self.running_means[self.row], self.running_vars[self.row]
        return F.batch_norm(x, mean, var, self.weight, self.bias, eps=self.eps)


class Generator(nn.Module):
    """Conditions, a row for the start and for each block, to a picture in [-1, 1]."""

    def __init__(self, shape: Shape, row: int) -> None:
        super().__init__()
        width = shape.channel_width
        self.gen_z = nn.Linear(2 * shape.z_dim, SMALLEST**2 * shape.layers[0][1] * width)
        blocks: list[nn.Module] = [Block(up, a * width, b * width, shape, row) for up, a, b in shape.layers]
        place = shape.attention_layer_position
        blocks.insert(place, Attention(shape.layers[place][1] * width))
        self.layers = nn.ModuleList(blocks)
        last = shape.layers[-1][2] * width
        self.bn = FinalNorm(last, shape, row)
        self.conv_to_rgb = nn.Conv2d(last, last, 3, padding=1)

    def forward(self, rows: Float[Tensor, "rows condition"]) -> Images:
        """→ (1, 3, side, side)."""
        first, *rest = torch.split(rows, 1)
        x = self.gen_z(first).view(1, SMALLEST, SMALLEST, -1).movedim(-1, 1)
        own = iter(rest)
        for layer in self.layers:
            x = layer(x, next(own)) if isinstance(layer, Block) else layer(x)
        last, bias = self.conv_to_rgb, self.conv_to_rgb.bias
        assert bias is not None  # of the many channels only three are shown
        return F.conv2d(F.relu(self.bn(x)), last.weight[:3], bias[:3], padding=1).tanh()


class BigGAN(nn.Module):
    """Noise and classes to a picture. `truncation` in [0, 1] chooses the statistics it normalises by."""

    def __init__(self, shape: Shape, truncation: float = 1.0) -> None:
        super().__init__()
        self.shape = shape
        self.rows = len(shape.layers) + 1
        """Conditions that a picture takes."""
        self.embeddings = nn.Linear(shape.num_classes, shape.z_dim, bias=False)
        self.generator = Generator(shape, round(truncation * (shape.n_stats - 1)))

    def forward(self, noise: Float[Tensor, "rows z"], classes: Float[Tensor, "rows classes"]) -> Images:
        """→ (1, 3, side, side) in [0, 1]."""
        picture: Tensor = self.generator(torch.cat([noise, self.embeddings(classes)], 1))
        return (picture + 1) / 2


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="nearest")
