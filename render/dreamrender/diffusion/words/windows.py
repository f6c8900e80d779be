"""Phrases packed into windows of a text encoder, and the weight of each token there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from dreamrender.diffusion.words.said import Said
from dreamrender.pieces import pieces

COMMA = ", "


@dataclass(frozen=True)
class Track:
    """A text encoder's stretch of the states that a denoiser reads."""

    tokens: Callable[[str], int]
    """How many tokens a text takes, without marks."""
    max_tokens: int
    """That it reads at once, without marks."""
    first: int = 0
    """Index of a text's first token among the states."""


def window_text(said: Sequence[Said]) -> str:
    """The phrases of a window as one text."""
    return COMMA.join(one.text for one in said)


def windows(said: Sequence[Said], track: Track, most: int) -> tuple[list[list[Said]], bool]:
    """The phrases in at most `most` windows, and whether all of them fitted.

    A phrase that fits into no window is split, by sentences, clauses and words; one that does not fit into
    what is left of a window begins the next. No phrases make one empty window.
    """
    found: list[list[Said]] = [[]]
    for one in said:
        for piece in pieces(one.text, track):
            part = replace(one, text=piece)
            if found[-1] and track.tokens(window_text([*found[-1], part])) > track.max_tokens:
                found.append([])
            found[-1].append(part)
    return found[:most], len(found) <= most


def weights(said: Sequence[Said], tracks: Sequence[Track], length: int) -> Tensor:
    """The weight of each of a window's `length` states, (length,): 1 where no phrase has its tokens."""
    found = torch.ones(length)
    for track in tracks:
        before = ""
        for one in said:
            start = track.first + track.tokens(before)
            before += one.text
            end = min(track.first + min(track.tokens(before), track.max_tokens), length)
            found[start:end] = one.weight
            before += COMMA
    return found
