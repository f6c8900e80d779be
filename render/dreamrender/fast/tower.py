"""CLIP's vision transformer for frozen weights, in one number format throughout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

QUICK = 1.702
"""QuickGELU is x·sigmoid(1.702·x) = silu(1.702·x) / 1.702: the factors ride in the weights around it."""


def fits(visual: Any) -> bool:
    """Whether an image tower of open_clip is the published vision transformer and nothing more."""
    from open_clip.transformer import ResidualAttentionBlock, VisionTransformer

    return (
        isinstance(visual, VisionTransformer)
        and visual.attn_pool is None
        and visual.pool_type == "tok"
        and not visual.final_ln_after_pool
        and visual.proj is not None
        and isinstance(visual.ln_pre, nn.LayerNorm)
        and visual.patch_size[0] == visual.patch_size[1]
        and all(
            type(block) is ResidualAttentionBlock
            and isinstance(block.ls_1, nn.Identity)
            and _bends(block.mlp.gelu)
            for block in visual.transformer.resblocks
        )
    )


def _bends(activation: nn.Module) -> bool:
    """Whether this is one of the two activations that are written out below."""
    exact = isinstance(activation, nn.GELU) and activation.approximate == "none"
    return exact or type(activation).__name__ == "QuickGELU"


class Tower:
    """RGB pictures (N, 3, side, side) in [0, 1] → embeddings (N, dim); normalisation by mean and std within.

    The plain tower is put into its number format, so that they share most weights.
    """

    def __init__(self, visual: Any, mean: Sequence[float], std: Sequence[float], dtype: torch.dtype) -> None:
        self.dtype, self.patch = dtype, visual.patch_size[0]
        weight = visual.conv1.weight.detach().float()
        middle, spread = (torch.tensor(list(values), device=weight.device) for values in (mean, std))
        self.weight = (weight / spread[:, None, None]).flatten(1).to(dtype)
        bias = -torch.einsum("ocyx,c->o", weight, middle / spread)
        places = visual.positional_embedding.detach().clone()
        places[0] += visual.class_embedding.detach()
        places[1:] += bias
        self.first, self.rest = places[:1].to(dtype), places[1:].to(dtype)
        visual.to(dtype)
        self.before, self.after = _Norm(visual.ln_pre, dtype), _Norm(visual.ln_post, dtype)
        self.blocks = [_Block(block, dtype) for block in visual.transformer.resblocks]
        self.out = visual.proj.detach().t().contiguous().to(dtype)

    def __call__(self, images: Tensor) -> Tensor:
        """Not normalised to length one; in the tower's number format."""
        count, _, height, width = images.shape
        rows, columns = height // self.patch, width // self.patch
        patches = images.to(self.dtype).view(count, 3, rows, self.patch, columns, self.patch)
        patches = patches.permute(0, 2, 4, 1, 3, 5).reshape(count, rows * columns, -1)
        seen = F.linear(patches, self.weight) + self.rest
        x = self.before(torch.cat([self.first.expand(count, -1, -1), seen], dim=1))
        for block in self.blocks[:-1]:
            x = block(x, x)
        x = self.blocks[-1](x[:, :1], x)  # of the last layer only the first token is looked at
        return F.linear(self.after(x[:, 0]), self.out)


class _Norm:
    def __init__(self, plain: nn.LayerNorm, dtype: torch.dtype) -> None:
        self.shape, self.epsilon = plain.normalized_shape, plain.eps
        self.gain, self.shift = plain.weight.detach().to(dtype), plain.bias.detach().to(dtype)

    def __call__(self, x: Tensor) -> Tensor:
        return F.layer_norm(x, self.shape, self.gain, self.shift, self.epsilon)


class _Block:
    def __init__(self, plain: Any, dtype: torch.dtype) -> None:
        self.heads = plain.attn.num_heads
        self.norm1, self.norm2 = _Norm(plain.ln_1, dtype), _Norm(plain.ln_2, dtype)
        weight, bias = (
            plain.attn.in_proj_weight.detach().to(dtype),
            plain.attn.in_proj_bias.detach().to(dtype),
        )
        width = weight.shape[1]
        self.q, self.kv = (weight[:width], bias[:width]), (weight[width:], bias[width:])
        self.out = _linear(plain.attn.out_proj, dtype)
        quick = type(plain.mlp.gelu).__name__ == "QuickGELU"
        self.bend = F.silu if quick else F.gelu
        self.widen = _linear(plain.mlp.c_fc, dtype, QUICK if quick else 1.0)
        weight, bias = plain.mlp.c_proj.weight.detach(), plain.mlp.c_proj.bias.detach()
        self.narrow = (weight / (QUICK if quick else 1.0)).to(dtype), bias.to(dtype)

    def __call__(self, asking: Tensor, x: Tensor) -> Tensor:
        """(N, some tokens, width) looks at (N, all tokens, width), of which it is a part."""
        count, tokens, width = x.shape
        seen = self.norm1(x)
        q = F.linear(seen[:, : asking.shape[1]], *self.q)
        q = q.view(count, -1, self.heads, width // self.heads).transpose(1, 2).flatten(0, 1)
        q = q * (width // self.heads) ** -0.5
        both = F.linear(seen, *self.kv).view(count, tokens, 2, self.heads, -1)
        k, v = both.permute(2, 0, 3, 1, 4).flatten(1, 2)  # (N·heads, tokens, width/heads)
        found = torch.bmm(torch.softmax(torch.bmm(q, k.transpose(1, 2)), dim=-1), v)
        found = found.view(count, self.heads, -1, width // self.heads).transpose(1, 2).flatten(2)
        h = asking + F.linear(found, *self.out)
        return h + F.linear(self.bend(F.linear(self.norm2(h), *self.widen)), *self.narrow)


def _linear(plain: nn.Linear, dtype: torch.dtype, factor: float = 1.0) -> tuple[Tensor, Tensor]:
    return (plain.weight.detach() * factor).to(dtype), (plain.bias.detach() * factor).to(dtype)
