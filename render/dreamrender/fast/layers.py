"""Layers of frozen networks in the layout that processors like, keeping little for the way back."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LAST = torch.channels_last


def put(module: nn.Module, dtype: torch.dtype, layout: torch.memory_format = LAST) -> None:
    """Frozen weights into a number format, those of convolutions into a layout too; in place, for good."""
    for part in module.parameters():
        part.data = part.data.to(dtype, memory_format=layout if part.ndim == 4 else torch.preserve_format)


class Convolution:
    """A frozen convolution of stride 1 and "same" padding. Keeps nothing: its gradient needs only weights."""

    def __init__(self, plain: nn.Conv2d, dtype: torch.dtype) -> None:
        self.weight = plain.weight.detach().to(dtype, memory_format=LAST)
        self.bias = None if plain.bias is None else plain.bias.detach().to(dtype)

    def __call__(self, x: Tensor) -> Tensor:
        """(N, in, H, W) → (N, out, H, W)."""
        y: Tensor = _Convolve.apply(x, self.weight, self.bias)  # type: ignore[no-untyped-call]
        return y


class _Convolve(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.weight = weight
        return F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None, None]:
        gradient = gradients[0].contiguous(memory_format=LAST)
        return F.conv_transpose2d(gradient, ctx.weight, padding=ctx.weight.shape[-1] // 2), None, None


class Norm:
    """A frozen group norm, and swish after it if `swish`; keeps its input and two numbers a group.

    torch's own backward in this layout is many times slower in bfloat16 than its forward.
    """

    def __init__(self, plain: nn.GroupNorm, dtype: torch.dtype, *, swish: bool) -> None:
        self.groups, self.epsilon, self.swish = plain.num_groups, plain.eps, swish
        self.gain, self.shift = plain.weight.detach().to(dtype), plain.bias.detach().to(dtype)

    def __call__(self, x: Tensor) -> Tensor:
        """(N, C, H, W) → the same."""
        y: Tensor = _Normalise.apply(x, self)  # type: ignore[no-untyped-call]
        return y


class _Normalise(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, norm: Norm) -> Tensor:
        batch, channels, height, width = x.shape
        y, mean, rstd = torch.native_group_norm(
            x, norm.gain, norm.shift, batch, channels, height * width, norm.groups, norm.epsilon
        )
        ctx.norm = norm
        ctx.save_for_backward(x, mean, rstd)
        return F.silu(y, inplace=True) if norm.swish else y

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        x, mean, rstd = ctx.saved_tensors
        gradient = gradients[0]
        rows = [
            _gradient(one, mine, m.float(), r.float(), ctx.norm)
            for one, mine, m, r in zip(x, gradient, mean, rstd, strict=True)
        ]
        return torch.stack(rows).movedim(-1, 1) if len(rows) > 1 else rows[0][None].movedim(-1, 1), None


def _gradient(x: Tensor, gradient: Tensor, mean: Tensor, rstd: Tensor, norm: Norm) -> Tensor:
    """Of one picture's norm, as (H, W, C): dx = a·dy - mean(a·dy) - x̂·mean(a·dy·x̂), means over a group.

    With x̂ = (x - mean)·rstd every term is a channel's number times dy, x or 1: two fused passes. The sums of
    dy·x are the diagonal of one matrix product: quicker than a pass that multiplies and one that adds.
    """
    channels, height, width = x.shape
    x, gradient = (part.movedim(0, -1).reshape(-1, channels) for part in (x, gradient))
    size = channels // norm.groups
    gain = norm.gain.float()
    mean, rstd = (each.repeat_interleave(size) for each in (mean, rstd))
    a = gain * rstd
    if norm.swish:
        y = torch.addcmul((norm.shift - mean * a).to(x.dtype), x, a.to(x.dtype))
        gradient = torch.ops.aten.silu_backward(gradient, y)
    total = gradient.sum(0, dtype=torch.float32) * gain
    along = (torch.mm(gradient.T, x).diagonal().float() * gain - mean * total) * rstd
    count = len(x) * size
    total, along = (
        (each.view(norm.groups, size).sum(1) / count).repeat_interleave(size) for each in (total, along)
    )
    slope = -along * rstd * rstd
    level = -(total * rstd + slope * mean)
    straight = torch.addcmul(level.to(x.dtype), x, slope.to(x.dtype))
    return straight.addcmul_(gradient, a.to(x.dtype)).view(height, width, channels)
