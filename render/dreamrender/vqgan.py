"""VQGAN: a grid of codes that decodes to a picture (Esser et al. 2021, "Taming Transformers").

Encoder, decoder and quantisers are taming-transformers' own, so the published weights fit by name.
"""

from __future__ import annotations

import contextlib
import io
from typing import Annotated, Any, Literal, Self

import torch
from jaxtyping import Float, Int
from pydantic import BaseModel, ConfigDict, Field
from taming.modules.diffusionmodules import model as taming
from taming.modules.vqvae.quantize import GumbelQuantize, VectorQuantizer2
from torch import Tensor, nn

from dreamrender.fast.decoder import Decoder
from dreamrender.fast.precision import Precision, formats
from dreamrender.types import Images

Latents = Float[Tensor, "batch channels rows columns"]
"""A grid of vectors, before or after quantising; `channels` is the codebook's."""

taming.nonlinearity = nn.functional.silu  # x·sigmoid(x) in one pass instead of two, with the same gradient


def _attend(block: Any, x: Tensor) -> Tensor:
    """taming's attention over all places, (N, c, H, W) → the same, without storing a matrix of all pairs."""
    normed = block.norm(x)
    q, k, v = (part(normed).flatten(2).transpose(1, 2).unsqueeze(1) for part in (block.q, block.k, block.v))
    seen = nn.functional.scaled_dot_product_attention(q, k, v)
    added: Tensor = x + block.proj_out(seen.squeeze(1).transpose(1, 2).reshape(x.shape))
    return added


taming.AttnBlock.forward = _attend

_Width = Annotated[int, Field(ge=1, le=4096)]


class Layers(BaseModel):
    """taming's `ddconfig`: what encoder and decoder are built from."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    ch: Annotated[int, Field(ge=32, le=1024, multiple_of=32)]
    ch_mult: Annotated[tuple[Annotated[int, Field(ge=1, le=16)], ...], Field(min_length=2, max_length=7)]
    num_res_blocks: Annotated[int, Field(ge=1, le=8)]
    attn_resolutions: tuple[int, ...] = ()
    resolution: Annotated[int, Field(ge=16, le=4096)]
    """The side in pixels that it was trained at; decides where attention is."""
    z_channels: _Width
    in_channels: Annotated[int, Field(ge=3, le=3)] = 3
    out_ch: Annotated[int, Field(ge=3, le=3)] = 3
    double_z: Literal[False] = False
    resamp_with_conv: bool = True
    dropout: float = 0.0


class Shape(BaseModel):
    """A published configuration's `params`, as far as painting needs them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    embed_dim: _Width
    n_embed: Annotated[int, Field(ge=1, le=1 << 20)]
    ddconfig: Layers
    gumbel: bool = False
    """Codes are chosen by a projection (Jang et al. 2016), not by distance."""


class VQGAN(nn.Module):
    """Pictures to grids of vectors, vectors to codes, codes to pictures."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        layers, channels = shape.ddconfig.model_dump(), shape.ddconfig.z_channels
        with contextlib.redirect_stdout(io.StringIO()):  # taming prints the shape it works with
            self.encoder = taming.Encoder(**layers)
            self.decoder = taming.Decoder(**layers)
        self.quant_conv = nn.Conv2d(channels, shape.embed_dim, 1)
        self.post_quant_conv = nn.Conv2d(shape.embed_dim, channels, 1)
        if shape.gumbel:
            self.quantize = GumbelQuantize(channels, shape.embed_dim, shape.n_embed)
        else:
            self.quantize = VectorQuantizer2(shape.n_embed, shape.embed_dim, beta=0.25)
        self.shape = shape
        self.reduced = False
        """Decode in bfloat16 under autocast. Its error is far below that of the codes."""
        self.quick: Decoder | None = None
        """Decodes in place of the plain modules; see `hasten`."""
        self.factor = 2 ** (len(shape.ddconfig.ch_mult) - 1)
        """Pixels a side that one code stands for."""

    @property
    def codebook(self) -> Float[Tensor, "codes channels"]:
        """All codes."""
        found: Tensor = (self.quantize.embed if self.shape.gumbel else self.quantize.embedding).weight
        return found

    def encode(self, images: Images) -> Latents:
        """Pictures in [0, 1], (N, 3, h·f, w·f), as the vectors (N, e, h, w) that the decoder is meant for.

        Not quantised; with Gumbel's choice, which needs more channels than a code has, the codes themselves.
        """
        z: Tensor = self.quant_conv(self.encoder(images * 2 - 1))
        if not self.shape.gumbel:
            return z
        return self._grid(self.quantize.proj(z).argmax(dim=1))

    def decode(self, codes: Latents) -> Images:
        """(N, e, h, w) → pictures (N, 3, h·f, w·f) that may leave [0, 1] a little; differentiable."""
        if self.quick is not None:
            return (self.quick(codes).float() + 1) / 2
        with torch.autocast(codes.device.type, torch.bfloat16) if self.reduced else contextlib.nullcontext():
            pixels: Tensor = self.decoder(self.post_quant_conv(codes))
        return (pixels.float() + 1) / 2

    def hasten(self, precision: Precision | None = None) -> Self:
        """Decode as the precision says, the process's own by default; once, when the weights are in place."""
        chosen = formats(self.codebook.device.type, precision)
        if chosen.fast:
            self.quick = Decoder(self.post_quant_conv, self.decoder, chosen.painter)
        self.reduced = chosen.painter == torch.bfloat16
        return self

    def quantise(self, z: Latents) -> Latents:
        """The nearest code of each vector; gradients pass as if nothing had happened (straight through)."""
        rows = z.detach().movedim(1, -1)
        near = nearest(rows.reshape(-1, rows.shape[-1]), self.codebook)
        codes: Tensor = _StraightThrough.apply(  # type: ignore[no-untyped-call]
            z, self._grid(near.view(rows.shape[:-1]))
        )
        return codes

    def _grid(self, indices: Int[Tensor, "batch rows columns"]) -> Latents:
        return nn.functional.embedding(indices, self.codebook).movedim(-1, 1)


class _StraightThrough(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, z: Tensor, codes: Tensor) -> Tensor:
        return codes.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return gradients[0], None


def nearest(rows: Float[Tensor, "rows channels"], codebook: Float[Tensor, "codes channels"]) -> Tensor:
    """Index of the code nearest to each row: argmin |c|²/2 - r·c, one matrix product."""
    half = codebook.square().sum(dim=1) / 2
    return torch.addmm(half, rows, codebook.T, alpha=-1).argmin(dim=1)
