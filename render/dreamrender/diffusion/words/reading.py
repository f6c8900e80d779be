"""Phrases with weights as a denoiser's condition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from dreamrender.diffusion.words.said import Said
from dreamrender.diffusion.words.windows import Track, weights, window_text, windows

Condition = dict[str, Tensor]
"""What a denoiser is told beside noise and time, by name; the first dimension counts pictures."""

STATES = "states"
"""The name of the text encoder's states in a Condition, (1, tokens, width)."""
MASK = "mask"
"""Optional: which of the states count, (1, tokens), bool."""
MOST_WINDOWS = 8


class Reads(Protocol):
    """Whoever can tell a denoiser what a text says."""

    tracks: Sequence[Track]
    """The text encoders whose states lie one after the other; the first one decides the windows."""
    many_windows: bool
    """Whether the denoiser has learnt, or tolerates, the states of several windows in a row."""

    def look(self, text: str) -> Condition:
        """The states of one window, and whatever else the denoiser takes of a text."""


def read(reader: Reads, said: Sequence[Said]) -> tuple[Condition, bool]:
    """What the phrases say, and whether all of it was read.

    A state z of a phrase with weight w becomes z₀ + w (z − z₀), with z₀ the state of the empty text at that
    place: 1 changes nothing, 0 says nothing, more says it louder. (The way of ComfyUI; others multiply z.)
    """
    most = MOST_WINDOWS if reader.many_windows else 1
    packed, whole = windows(said, reader.tracks[0], most)
    looks = [_weighted(reader, window) for window in packed]
    condition = dict(looks[0])
    for name in (STATES, MASK):
        if name in condition:
            condition[name] = torch.cat([look[name] for look in looks], dim=1)
    return condition, whole


def alike(one: Condition, other: Condition, empty: Condition) -> tuple[Condition, Condition]:
    """Two conditions with equally many states, the shorter one followed by states of the empty text."""
    longest = max(one[STATES].shape[1], other[STATES].shape[1])
    return _filled(one, longest, empty), _filled(other, longest, empty)


def _filled(condition: Condition, length: int, empty: Condition) -> Condition:
    missing = length - condition[STATES].shape[1]
    if missing <= 0:
        return condition
    if MASK in condition:
        states = F.pad(condition[STATES], (0, 0, 0, missing))
        return {**condition, STATES: states, MASK: F.pad(condition[MASK], (0, missing))}
    again = empty[STATES].repeat(1, -(-missing // empty[STATES].shape[1]), 1)[:, :missing]
    return {**condition, STATES: torch.cat([condition[STATES], again], dim=1)}


def _weighted(reader: Reads, said: Sequence[Said]) -> Condition:
    look = reader.look(window_text(said))
    if all(one.weight == 1 for one in said):
        return look
    states = look[STATES]
    nothing = reader.look("")[STATES]
    if nothing.shape[1] < states.shape[1]:
        nothing = torch.cat([nothing, nothing[:, -1:].expand(-1, states.shape[1] - nothing.shape[1], -1)], 1)
    nothing = nothing[:, : states.shape[1]]
    weight = weights(said, reader.tracks, states.shape[1]).to(states)[None, :, None]
    return {**look, STATES: states + (weight - 1) * (states - nothing)}
