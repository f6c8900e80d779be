"""The one setting (DREAM_PRECISION): which number formats networks paint in, and whether by fast layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import torch

Precision: TypeAlias = Literal["auto", "plain", "float32", "mixed", "bfloat16"]
"""plain: 32-bit floats through the plain modules, the oracle. The others go through `dreamrender.fast` on
processors. float32: the same gradient. mixed: critics in bfloat16, painters in float32 (cosine of the
gradient above .9999). bfloat16: both (above .99, while two draws of cutouts agree to .3). auto: bfloat16
where it is fast, else float32."""

_chosen: Precision = "auto"


@dataclass(frozen=True)
class Formats:
    """What networks on a device paint in."""

    critic: torch.dtype
    painter: torch.dtype
    fast: bool
    """By the layers of this folder; else by the plain modules, in bfloat16 under torch's autocast."""


def choose(precision: Precision) -> None:
    """For networks that this process loads from now on."""
    global _chosen
    _chosen = precision


def formats(device: str, precision: Precision | None = None) -> Formats:
    """What a precision means on a device; without one, the chosen one.

    The fast layers were made for processors. On GPUs the plain modules run under autocast.
    """
    wish = precision or _chosen
    if wish == "auto":
        wish = "bfloat16" if fast_in_half(device) else "float32"
    critic = torch.bfloat16 if wish in ("mixed", "bfloat16") else torch.float32
    painter = torch.bfloat16 if wish == "bfloat16" else torch.float32
    return Formats(critic, painter, fast=device.startswith("cpu") and wish != "plain")


def dtype_on(device: str | torch.device, precision: Precision | None = None) -> torch.dtype:
    """What whole networks of half precision, such as diffusion models, are loaded in on a device.

    By itself bfloat16 on GPUs that have it, float16 on others, float32 on processors. `bfloat16` asks for it
    everywhere; `plain`, `float32` and `mixed`, whose painters are in float32, for float32.
    """
    wish = precision or _chosen
    place = torch.device(device)
    if wish == "bfloat16":
        return torch.bfloat16
    if wish != "auto" or place.type not in ("cuda", "mps"):
        return torch.float32
    return torch.bfloat16 if place.type == "cuda" and _has_bfloat16(place) else torch.float16


def _has_bfloat16(device: torch.device) -> bool:
    if not torch.cuda.is_available():
        return False
    with torch.cuda.device(device):
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))


def fast_in_half(device: str) -> bool:
    """Whether bfloat16 is faster there: on GPUs, and on processors made for it."""
    if not device.startswith("cpu"):
        return device.startswith("cuda")
    known = torch.cpu.get_capabilities() if hasattr(torch.cpu, "get_capabilities") else {}
    return bool(known.get("amx_bf16") or known.get("avx512_bf16"))
