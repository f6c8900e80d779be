"""What StyleGAN2 and 3 share: scaled linear layers, the mapping network, modulation, resampling.

Parameters are named as in NVIDIA's published modules. Every picture is steered alone, so a batch of styles is
one row, and a style scales the activations rather than a copy of the weights: the same result without a
gradient of weights.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

LEAK = 0.2
ROOT = math.sqrt(2)
"""Gain that makes up for what a leaky ReLU takes."""
MAPPING_RATE = 0.01
"""Learning rate of the mapping network, built into how its weights are stored."""

Style = Float[Tensor, "1 w"]


class Linear(nn.Module):
    """A linear layer whose stored weights are of unit spread (Karras et al. 2018, §4.1)."""

    def __init__(self, inputs: int, outputs: int, rate: float = 1.0) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(outputs, inputs))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.rate = rate

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs) → (N, outputs)."""
        return F.linear(x, self.weight * (self.rate / math.sqrt(self.weight.shape[1])), self.bias * self.rate)


class Mapping(nn.Module):
    """Normal numbers z to styles w."""

    def __init__(self, z: int, w: int, layers: int) -> None:
        super().__init__()
        self.z, self.layers = z, layers
        for index in range(layers):
            self.add_module(f"fc{index}", Linear(z if index == 0 else w, w, MAPPING_RATE))
        self.w_avg: Tensor
        self.register_buffer("w_avg", torch.zeros(w))

    def forward(self, z: Float[Tensor, "n z"]) -> Float[Tensor, "n w"]:
        """→ (n, w)."""
        x = z * (z.square().mean(1, keepdim=True) + 1e-8).rsqrt()
        for index in range(self.layers):
            x = F.leaky_relu(self.get_submodule(f"fc{index}")(x), LEAK) * ROOT
        return x


def demodulation(weight: Tensor, style: Style) -> Tensor:
    """What brings each output channel to unit spread, (1, out, 1, 1): 1/√Σ(weight·style)²."""
    energy = F.linear(style.square(), weight.square().sum((2, 3)))
    return (energy + 1e-8).rsqrt()[..., None, None]


def resampled(
    x: Tensor,
    kernel: Tensor,
    *,
    up: int = 1,
    down: int = 1,
    padding: tuple[int, int, int, int] = (0, 0, 0, 0),
) -> Tensor:
    """Zeros between pixels, padding (left, right, top, bottom; negative ones crop), filter, every n-th pixel.

    The filter's gain is `up` in each direction. A kernel of one dimension is applied to rows and to columns.
    """
    _, channels, height, width = x.shape
    if kernel.ndim == 1 and kernel.numel() > 1:
        across = _line(width, kernel, up, down, padding[:2])
        return _line(height, kernel, up, down, padding[2:]) @ x @ across.mT
    if up > 1:
        x = F.pad(x[:, :, :, None, :, None], (0, up - 1, 0, 0, 0, up - 1))
        x = x.reshape(1, channels, height * up, width * up)
    x = F.pad(x, padding)
    if kernel.numel() == 1:
        return x[:, :, ::down, ::down]
    flipped = (kernel * up**2).flip((0, 1)).expand(channels, 1, *kernel.shape)
    return F.conv2d(x, flipped, stride=down, groups=channels)


def _line(
    size: int, kernel: Tensor, up: int, down: int, padding: tuple[int, ...]
) -> Float[Tensor, "out size"]:
    """What resampling does to a line of `size` pixels, as a matrix.

    On a CPU two matrix products are four times as fast as long filters on each channel of a picture.
    """
    line = F.pad(torch.eye(size, device=kernel.device)[:, None], (0, 0, 0, up - 1)).reshape(
        1, 1, size * up, size
    )
    line = F.pad(line, (0, 0, *padding))
    return F.conv2d(line, (kernel * up).flip(0)[None, None, :, None], stride=(down, 1))[0, 0]
