"""The comparison: speed, gradient and memory of the product's steps beside the plain loop's, in one run."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from statistics import median

import torch

from dreambench.contest import OurLoop, likeness, our_cutouts, plain_loop, their_cutouts
from dreambench.memory import peak_megabytes
from dreambench.networks import SMALL, TRUE, Networks
from dreamrender.fast.precision import Precision

PRECISIONS: tuple[Precision, ...] = ("float32", "mixed", "bfloat16")


@dataclass(frozen=True)
class Row:
    """One precision of ours against the plain loop. Ratios: how many times faster; share of its memory."""

    precision: Precision
    seconds: float
    """Median of a whole step with our cutouts."""
    plain_seconds: float
    """Median of the plain loop's steps between ours."""
    ratio: float
    same_cutouts_ratio: float
    """Of one gradient, both through the plain loop's own cutouts: what is left without our one pass."""
    cosine: float
    """Of the codes' gradients, both through our cutouts."""
    cosine_pooled: float
    """Both through the plain loop's: its maximum pooling sends gradients elsewhere at the least change."""
    megabytes: float
    plain_megabytes: float
    memory: float


@dataclass(frozen=True)
class Table:
    """All precisions, and how much the plain loop's own gradient changes with the draw of its cutouts."""

    size: int
    cuts: int
    steps: int
    draws_cosine: float
    rows: tuple[Row, ...]


def compared(
    size: int, cuts: int, steps: int, *, small: bool = False, say: Callable[[str], None] = lambda line: None
) -> Table:
    """Alternate the loops for `steps` rounds after one to warm up. `small` takes networks of a test."""
    kind, threads = SMALL if small else TRUE, torch.get_num_threads()
    memory = {}
    for what in ("loop", *PRECISIONS):
        say(f"peak memory: {what}")
        memory[what] = peak_megabytes(what, size, cuts, small=small, threads=threads)
    networks = Networks.drawn(kind)
    plain = plain_loop(networks, size, cuts)
    views = our_cutouts(networks, cuts), their_cutouts(networks, cuts, 3), their_cutouts(networks, cuts, 4)
    say("gradients of the plain loop")
    ours_seen, pooled, again = (plain.gradient(cut) for cut in views)
    rows = []
    for precision in PRECISIONS:
        say(f"steps side by side: {precision}")
        loop = OurLoop(networks.copy(), precision, size, cuts)
        cosine, cosine_pooled = (
            likeness(loop.gradient(cut), seen)
            for cut, seen in zip(views[:2], (ours_seen, pooled), strict=True)
        )
        theirs, mine = side_by_side(plain.step, loop.step, steps)
        same = side_by_side(
            partial(plain.gradient, views[1]), partial(loop.gradient, views[1]), max(1, steps // 2)
        )
        rows.append(
            Row(
                precision=precision,
                seconds=mine,
                plain_seconds=theirs,
                ratio=theirs / mine,
                same_cutouts_ratio=same[0] / same[1],
                cosine=cosine,
                cosine_pooled=cosine_pooled,
                megabytes=memory[precision],
                plain_megabytes=memory["loop"],
                memory=memory[precision] / memory["loop"],
            )
        )
        del loop
        gc.collect()
    return Table(size, cuts, steps, likeness(pooled, again), tuple(rows))


def side_by_side(plain: Callable[[], object], ours: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Median seconds of each, taking turns, after one turn each to warm up."""
    times = [(_timed(plain), _timed(ours)) for _ in range(rounds + 1)][1:]
    return median(first for first, _ in times), median(second for _, second in times)


def _timed(step: Callable[[], object]) -> float:
    before = time.perf_counter()
    step()
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter() - before
