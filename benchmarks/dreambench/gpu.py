"""On a GPU: steps per second of whole batches, ours and compiled, beside the plain loop in the same run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from dreambench.contest import OurLoop, plain_loop
from dreambench.networks import TRUE, Networks
from dreambench.steering import side_by_side

SIZES = (256, 512)
BATCHES = (1, 2, 4, 8)


@dataclass(frozen=True)
class Pace:
    """Steps per second, of all sessions of a batch together."""

    size: int
    sessions: int
    compiled: bool
    """Decoder and tower by `torch.compile` with CUDA graphs."""
    plain: float
    ours: float
    ratio: float


def paces(cuts: int, steps: int, *, say: Callable[[str], None] = lambda line: None) -> list[Pace]:
    """For each size and batch; an empty list where there is no GPU."""
    if not torch.cuda.is_available():
        return []
    networks = Networks.drawn(TRUE, device="cuda")
    found = []
    for size in SIZES:
        plain = plain_loop(networks, size, cuts)
        for sessions in BATCHES:
            for compiled in (False, True):
                say(f"{size} px, {sessions} at once{', compiled' if compiled else ''}")
                loop = OurLoop(networks.copy(), "bfloat16", size, cuts, sessions)
                if compiled:
                    _compile(loop)
                theirs, mine = side_by_side(plain.step, loop.step, steps)
                found.append(
                    Pace(size, sessions, compiled, 1 / theirs, sessions / mine, sessions * theirs / mine)
                )
                del loop
                torch.cuda.empty_cache()
    return found


def _compile(loop: OurLoop) -> None:
    for module in (loop.painter.decoder, loop.critic.model.visual):
        module.compile(mode="reduce-overhead")
