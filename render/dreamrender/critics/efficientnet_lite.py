"""EfficientNet-lite in plain torch, of any of its sizes, batch norms folded into the convolutions.

The lite variants (Tan & Le 2019; Liu 2020) have no squeeze-and-excite and use ReLU6, so folded they are
nothing but convolutions: small, and cheap to differentiate down to the pixels.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FEATURES = 1280
CLASSES = 1000


class Stage(NamedTuple):
    """A run of inverted-residual blocks; only the first one strides."""

    repeats: int
    kernel: int
    stride: int
    expand: int
    channels: int


STEM = 32
#: The stages of lite0.
STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)

#: What `features` can give, shallow to deep.
LAYERS = ("stem", *(f"stage{number}" for number in range(1, len(STAGES) + 1)), "head")


class Size(NamedTuple):
    """How many times wider and deeper than lite0 (Tan & Le 2019, section 3.3)."""

    width: float
    depth: float

    def stages(self) -> tuple[Stage, ...]:
        """The stages of this size: channels in eights, the first and last stage as deep as lite0's."""
        last = len(STAGES) - 1
        return tuple(
            stage._replace(
                repeats=stage.repeats if index in (0, last) else math.ceil(self.depth * stage.repeats),
                channels=_eights(self.width * stage.channels),
            )
            for index, stage in enumerate(STAGES)
        )


SIZES = {"lite0": Size(1.0, 1.0), "lite1": Size(1.0, 1.1), "lite2": Size(1.1, 1.2)}


class SameConv(nn.Conv2d):
    """A convolution with TensorFlow's "same" padding, which is lopsided when it strides."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> None:
        padding = kernel // 2 if stride == 1 else 0
        super().__init__(inputs, outputs, kernel, stride, padding, groups=groups)

    def forward(self, x: Tensor) -> Tensor:
        """(N, in, H, W) → (N, out, ⌈H/stride⌉, ⌈W/stride⌉)."""
        if self.stride[0] > 1:
            (top, bottom), (left, right) = (self._margins(side) for side in x.shape[-2:])
            x = F.pad(x, (left, right, top, bottom))
        return super().forward(x)

    def _margins(self, side: int) -> tuple[int, int]:
        kernel, stride = self.kernel_size[0], self.stride[0]
        total = max((-(-side // stride) - 1) * stride + kernel - side, 0)
        return total // 2, total - total // 2


class Block(nn.Module):
    """Widen, look around channel by channel, narrow again; add the input where shapes agree."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expand: int) -> None:
        super().__init__()
        width = inputs * expand
        self.expand = SameConv(inputs, width, 1) if expand > 1 else None
        self.depthwise = SameConv(width, width, kernel, stride, groups=width)
        self.project = SameConv(width, outputs, 1)
        self.residual = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """(N, in, H, W) → (N, out, H/stride, W/stride)."""
        y: Tensor = x if self.expand is None else F.relu6(self.expand(x))
        y = self.project(F.relu6(self.depthwise(y)))
        return x + y if self.residual else y


class EfficientNetLite(nn.Module):
    """ImageNet features and class logits of pictures."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.stages = size.stages()
        self.stem = SameConv(3, STEM, 3, 2)
        self.blocks = nn.Sequential(*_blocks(self.stages))
        self.head = SameConv(self.stages[-1].channels, FEATURES, 1)
        self.classifier = nn.Linear(FEATURES, CLASSES)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Read (N, 3, H, W) RGB in [0, 1]; give pooled features (N, 1280), all ≥ 0, and logits (N, 1000)."""
        x = (images * 255 - 127) / 128
        x = F.relu6(self.stem(x))
        x = F.relu6(self.head(self.blocks(x)))
        features = x.mean(dim=(2, 3))
        return features, self.classifier(features)

    def features(self, images: Tensor, layer: str) -> Tensor:
        """What one of `LAYERS` makes of pictures, (N, 3, H, W) → (N, C, h, w); deeper ones are not run."""
        x = F.relu6(self.stem((images * 255 - 127) / 128))
        if layer == "head":
            return F.relu6(self.head(self.blocks(x)))
        depth = sum(stage.repeats for stage in self.stages[: LAYERS.index(layer)])
        out: Tensor = self.blocks[:depth](x)
        return out

    def channels_last(self) -> Self:
        """Keep the convolutions' weights in the memory layout that processors prefer."""
        for parameter in self.parameters():
            if parameter.ndim == 4:
                parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
        return self


def _blocks(stages: tuple[Stage, ...]) -> Iterator[Block]:
    inputs = STEM
    for stage in stages:
        for index in range(stage.repeats):
            stride = stage.stride if index == 0 else 1
            yield Block(inputs, stage.channels, stage.kernel, stride, stage.expand)
            inputs = stage.channels


def _eights(channels: float) -> int:
    """The nearest multiple of eight, the upper one where nearest would lose a tenth."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def fold_batch_norm(convolution: Tensor, norm: dict[str, Tensor], epsilon: float) -> tuple[Tensor, Tensor]:
    """Weight and bias of the one convolution that equals `convolution` followed by a batch norm."""
    gain = norm["weight"] / torch.sqrt(norm["running_var"] + epsilon)
    return convolution * gain.view(-1, 1, 1, 1), norm["bias"] - norm["running_mean"] * gain
