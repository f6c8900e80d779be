"""Which fault comes when: drawn from a seed, so that a run that found something can be run again."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

KILLS = ("kill bot", "kill worker", "kill valkey")
"""A process dies at once, without a word."""
TROUBLES = (
    "end worker",  # SIGTERM, as a deployment does
    "halt bot",  # SIGSTOP, and later SIGCONT: a machine that sleeps
    "halt worker",
    "halt valkey",
    "cut bot from redis",
    "cut worker from redis",
    "cut bot from discord",
    "stall bot at redis",
    "stall worker at redis",
    "stall bot at discord",
)
"""What is over after some seconds."""
ORDEALS = (
    "hang worker",  # a step never ends
    "poison worker",  # its device is lost
    "starve worker",  # its device has no memory for the next step
    "shift worker",  # its wall clock is a day ahead or behind, all at once
)
"""What happens inside a worker; at its next step, if it paints nothing just now."""
FULL = "fill valkey"
"""Valkey may take no more memory for some seconds."""
EMPTY = "empty valkey"
"""Valkey dies and comes back without its data: jobs of before are forgotten, and their messages say so."""
USUAL = (*KILLS, *TROUBLES, *ORDEALS, FULL)
KINDS = (*USUAL, EMPTY)


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong."""

    at: float
    """Seconds from the beginning."""
    kind: str
    seconds: float
    """How long it lasts, where it does."""
    which: float
    """In [0, 1): which of several processes it hits."""


def schedule(
    seed: int,
    seconds: float,
    every: float,
    kinds: Sequence[str] = USUAL,
    longest: float = 8.0,
) -> list[Fault]:
    """About one fault in `every` seconds, each kind as often as any other.

    In every minute at least one process is killed (in every third fault, where faults are rarer). The same
    arguments give the same faults.
    """
    draw = random.Random(f"faults {seed}")
    kills = _deck(draw, [kind for kind in kinds if kind in KILLS] or list(kinds))
    others = _deck(draw, kinds)
    faults: list[Fault] = []
    at, number, killed_at = every * draw.uniform(0.5, 1.0), 0, 0.0
    while at < seconds:
        due = number % 3 == 0 or at - killed_at > 60 - 2 * every
        kind = next(kills) if due else next(others)
        if kind in KILLS:
            killed_at = at
        faults.append(Fault(round(at, 2), kind, round(draw.uniform(1.0, longest), 2), draw.random()))
        at += every * draw.uniform(0.5, 1.5)
        number += 1
    return faults


def _deck(draw: random.Random, kinds: Sequence[str]) -> Iterator[str]:
    while True:
        yield from draw.sample(kinds, len(kinds))
