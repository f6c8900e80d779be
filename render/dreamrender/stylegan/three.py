"""StyleGAN3's generator (Karras et al. 2021, "Alias-Free GANs"), configurations T and R.

Its filters are stored with the weights; the layers' sizes follow from the settings below (§3, appendix D).
"""

from __future__ import annotations

import math
from typing import Annotated, Any

import torch
from jaxtyping import Float
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn import functional as F

from dreamrender.stylegan.layers import LEAK, ROOT, Linear, Mapping, Style, demodulation, resampled
from dreamrender.types import Images

LOUDEST = 256.0
OUTPUT_SCALE = 0.25
SIZES = ("z_dim", "c_dim", "w_dim", "img_resolution", "img_channels")
"""What a generator also keeps as attributes."""


class MappingSettings(BaseModel):
    """`mapping_kwargs`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    num_layers: Annotated[int, Field(ge=1, le=16)] = 2


class Shape(BaseModel):
    """The arguments that a published generator was made with."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    z_dim: Annotated[int, Field(ge=1, le=4096)]
    c_dim: Annotated[int, Field(ge=0, le=0)] = 0
    w_dim: Annotated[int, Field(ge=1, le=4096)]
    img_resolution: Annotated[int, Field(ge=16, le=2048)]
    img_channels: Annotated[int, Field(ge=3, le=3)]
    mapping_kwargs: MappingSettings = MappingSettings()
    channel_base: Annotated[int, Field(ge=1, le=1 << 20)] = 32768
    channel_max: Annotated[int, Field(ge=1, le=4096)] = 512
    num_layers: Annotated[int, Field(ge=3, le=40)] = 14
    num_critical: Annotated[int, Field(ge=1, le=2)] = 2
    first_cutoff: Annotated[float, Field(gt=0)] = 2.0
    first_stopband: Annotated[float, Field(gt=0)] = 2**2.1
    last_stopband_rel: Annotated[float, Field(gt=0)] = 2**0.3
    margin_size: Annotated[int, Field(ge=0, le=100)] = 10
    output_scale: Annotated[float, Field(ge=OUTPUT_SCALE, le=OUTPUT_SCALE)] = OUTPUT_SCALE
    conv_kernel: Annotated[int, Field(ge=1, le=3)] = 3
    filter_size: Annotated[int, Field(ge=2, le=16)] = 6
    lrelu_upsampling: Annotated[int, Field(ge=1, le=4)] = 2
    use_radial_filters: bool = False

    def stages(self) -> list[Stage]:
        """Of the Fourier features, the layers and the colours, in this order; the first twice."""
        last = self.img_resolution / 2
        made = []
        for index in range(self.num_layers + 1):
            way = min(index / (self.num_layers - self.num_critical), 1.0)
            cutoff = self.first_cutoff * (last / self.first_cutoff) ** way
            stop = self.first_stopband * (last * self.last_stopband_rel / self.first_stopband) ** way
            rate = 2 ** math.ceil(math.log2(min(stop * 2, self.img_resolution)))
            inside = index >= self.num_layers - 1
            made.append(
                Stage(
                    rate=int(rate),
                    side=self.img_resolution if inside else int(rate) + 2 * self.margin_size,
                    cutoff=cutoff,
                    channels=3
                    if index == self.num_layers
                    else round(min(self.channel_base / 2 / cutoff, self.channel_max)),
                    critical=index >= self.num_layers - self.num_critical,
                )
            )
        return [made[0], *made]


class Stage(BaseModel):
    """What leaves a layer."""

    model_config = ConfigDict(frozen=True)

    rate: int
    """Samples a side of the picture."""
    side: int
    """With the margin."""
    cutoff: float
    channels: int
    critical: bool


class Features(nn.Module):
    """Waves, turned and shifted by a style (§3.1)."""

    def __init__(self, stage: Stage, w: int) -> None:
        super().__init__()
        self.stage = stage
        self.affine = Linear(w, 4)
        self.weight = nn.Parameter(torch.zeros(stage.channels, stage.channels))
        self.transform: Tensor
        self.freqs: Tensor
        self.phases: Tensor
        self.register_buffer("transform", torch.eye(3))
        self.register_buffer("freqs", torch.zeros(stage.channels, 2))
        self.register_buffer("phases", torch.zeros(stage.channels))

    def forward(self, style: Style) -> Tensor:
        """(1, w) → (1, channels, side, side)."""
        side, rate = self.stage.side, self.stage.rate
        (moved,) = self.affine(style)
        cos, sin, right, down = moved / moved[:2].norm()
        turn = torch.stack([torch.stack([cos, -sin]), torch.stack([sin, cos])])
        shift = -turn @ torch.stack([right, down])
        turn, shift = turn @ self.transform[:2, :2], turn @ self.transform[:2, 2] + shift
        freqs = self.freqs @ turn
        band = self.stage.cutoff
        heard = (1 - (freqs.norm(dim=1) - band) / (rate / 2 - band)).clamp(0, 1)
        places = ((torch.arange(side, device=style.device) + 0.5) / side - 0.5) * (side / rate)
        phases = self.phases + self.freqs @ shift
        across, below = places[None, :, None] * freqs[:, 0], places[:, None, None] * freqs[:, 1]
        waves = torch.sin(2 * math.pi * (across + below + phases)) * heard
        return F.linear(waves, self.weight / math.sqrt(len(self.weight))).movedim(-1, 0)[None]


class Layer(nn.Module):
    """A modulated convolution and a leaky ReLU at a higher rate between two filters (§3.2)."""

    def __init__(self, before: Stage, after: Stage, shape: Shape, *, colours: bool) -> None:
        super().__init__()
        self.colours = colours
        kernel = 1 if colours else shape.conv_kernel
        self.affine = Linear(shape.w_dim, before.channels)
        self.weight = nn.Parameter(torch.zeros(after.channels, before.channels, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(after.channels))
        self.magnitude_ema: Tensor
        self.register_buffer("magnitude_ema", torch.ones(()))
        rate = max(before.rate, after.rate) * (1 if colours else shape.lrelu_upsampling)
        self.up, self.down = rate // before.rate, rate // after.rate
        taps = [
            shape.filter_size * factor if factor > 1 and not colours else 1 for factor in (self.up, self.down)
        ]
        radial = shape.use_radial_filters and not after.critical
        for name, count, square in (("up_filter", taps[0], False), ("down_filter", taps[1], radial)):
            size = (count, count) if square else (count,)
            self.register_buffer(name, torch.zeros(size) if count > 1 else None)
        total = (after.side - 1) * self.down + 1 - (before.side + kernel - 1) * self.up + sum(taps) - 2
        low = (total + self.up) // 2
        self.padding = (low, total - low, low, total - low)

    def forward(self, x: Tensor, style: Style) -> Tensor:
        """(1, channels, side, side) → (1, out, side', side')."""
        weight: Tensor = self.weight
        scale = self.affine(style)
        gain = self.magnitude_ema.rsqrt()
        if self.colours:
            colours = F.conv2d(
                x * (scale * gain / math.sqrt(weight.shape[1]))[..., None, None], weight, self.bias
            )
            return F.pad(colours, self.padding).clamp(-LOUDEST, LOUDEST)
        weight = weight * weight.square().mean((1, 2, 3), keepdim=True).rsqrt()
        scale = scale * scale.square().mean().rsqrt()
        x = F.conv2d(x * scale[..., None, None], weight, padding=weight.shape[-1] - 1)
        x = x * (demodulation(weight, scale) * gain) + self.bias[:, None, None]
        x = resampled(x, _kernel(self.up_filter, x), up=self.up, padding=self.padding)
        x = (F.leaky_relu(x, LEAK) * ROOT).clamp(-LOUDEST, LOUDEST)
        return resampled(x, _kernel(self.down_filter, x), down=self.down)


class Synthesis(nn.Module):
    """Styles, a row a layer, to a picture in [-1, 1]."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        first, *stages = shape.stages()
        self.rows = shape.num_layers + 2
        self.input = Features(first, shape.w_dim)
        before = first
        for index, stage in enumerate(stages):
            layer = Layer(before, stage, shape, colours=index == shape.num_layers)
            self.add_module(f"L{index}_{stage.side}_{stage.channels}", layer)
            before = stage

    def forward(self, rows: Float[Tensor, "rows w"]) -> Images:
        """(rows, w) → (1, 3, side, side)."""
        first, *rest = torch.split(rows, 1)
        waves, *layers = self.children()
        x: Tensor = waves(first)
        for layer, style in zip(layers, rest, strict=True):
            x = layer(x, style)
        return x * OUTPUT_SCALE


class StyleGAN3(nn.Module):
    """The generator."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.mapping = Mapping(shape.z_dim, shape.w_dim, shape.mapping_kwargs.num_layers)
        self.synthesis = Synthesis(shape)


def _kernel(stored: Any, x: Tensor) -> Tensor:
    return stored if isinstance(stored, Tensor) else x.new_ones(1)
