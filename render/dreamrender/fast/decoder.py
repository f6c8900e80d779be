"""taming's decoder for frozen weights: channels last, in one number format throughout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from dreamrender.fast.layers import LAST, Convolution, Norm, put


class Decoder:
    """Vectors (N, z, h, w) → raw pixels (N, 3, h·f, w·f), as taming's own.

    The plain modules are put into its number format and layout, so that there is one copy of the weights.
    """

    def __init__(self, before: nn.Conv2d, plain: Any, dtype: torch.dtype) -> None:
        self.dtype = dtype
        for module in (before, plain):
            put(module, dtype)
        self.steps: list[Callable[[Tensor], Tensor]] = [
            Convolution(before, dtype),
            Convolution(plain.conv_in, dtype),
            _Block(plain.mid.block_1, dtype),
            _Attention(plain.mid.attn_1, dtype),
            _Block(plain.mid.block_2, dtype),
        ]
        for index in reversed(range(len(plain.up))):
            level = plain.up[index]
            for number, block in enumerate(level.block):
                self.steps.append(_Block(block, dtype))
                if level.attn:
                    self.steps.append(_Attention(level.attn[number], dtype))
            if index:
                self.steps.append(_Grow(level.upsample, dtype))
        self.steps += [Norm(plain.norm_out, dtype, swish=True), Convolution(plain.conv_out, dtype)]

    def __call__(self, z: Tensor) -> Tensor:
        """One layer after the other; the result is in the decoder's number format."""
        h = z.to(self.dtype).contiguous(memory_format=LAST)
        for step in self.steps:
            h = step(h)
        return h


class _Block:
    def __init__(self, plain: Any, dtype: torch.dtype) -> None:
        self.norm1, self.norm2 = (Norm(norm, dtype, swish=True) for norm in (plain.norm1, plain.norm2))
        self.conv1, self.conv2 = (Convolution(conv, dtype) for conv in (plain.conv1, plain.conv2))
        across = getattr(plain, "nin_shortcut", None) or getattr(plain, "conv_shortcut", None)
        self.across = None if across is None else Convolution(across, dtype)

    def __call__(self, x: Tensor) -> Tensor:
        h = self.conv2(self.norm2(self.conv1(self.norm1(x))))
        return h.add_(x if self.across is None else self.across(x))


class _Attention:
    """All places look at all others, as rows of one matrix product each."""

    def __init__(self, plain: Any, dtype: torch.dtype) -> None:
        self.norm = Norm(plain.norm, dtype, swish=False)
        parts = (plain.q, plain.k, plain.v)
        self.weight = torch.cat([part.weight.detach() for part in parts]).flatten(1).to(dtype)
        self.bias = torch.cat([part.bias.detach() for part in parts]).to(dtype)
        self.out = Convolution(plain.proj_out, dtype)

    def __call__(self, x: Tensor) -> Tensor:
        batch, channels, height, width = x.shape
        rows = self.norm(x).movedim(1, -1).reshape(batch, -1, channels)
        q, k, v = F.linear(rows, self.weight, self.bias).chunk(3, dim=-1)
        seen = torch.bmm(torch.softmax(torch.bmm(q, k.transpose(1, 2)) * channels**-0.5, dim=-1), v)
        return x + self.out(seen.view(batch, height, width, channels).movedim(-1, 1))


class _Grow:
    def __init__(self, plain: Any, dtype: torch.dtype) -> None:
        self.conv = Convolution(plain.conv, dtype) if plain.with_conv else None

    def __call__(self, x: Tensor) -> Tensor:
        grown = F.interpolate(x, scale_factor=2.0, mode="nearest")
        return grown if self.conv is None else self.conv(grown)
