"""CLIP steering, written once: canvases are pushed until a critic finds the phrases in them.

A CLIP-steered system is a canvas and a `Preset`. Sessions that share their critics share one forward and
one backward pass of each; everything else (leaves, optimiser, random numbers) is a session's own, so joining
a batch does not change what is painted beyond rounding.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from dreamqueue.recipe import Recipe
from dreamrender.preset import MakeOptimiser, Preset, Regulariser
from dreamrender.session import SteeredSession
from dreamrender.types import Embeddings

__all__ = ["MakeOptimiser", "Preset", "Regulariser", "SteeredSession", "seeded", "step"]


def step(sessions: Sequence[SteeredSession]) -> None:
    """One step of each session, with one look of each critic they share."""
    views = [session.views() for session in sessions]
    seen: list[list[Embeddings]] = [[] for _ in sessions]  # by session, then by critic
    for index, critic in enumerate(sessions[0].critics):
        cuts = [cuts[index] for _, cuts in views]
        embeddings = critic.encode_images(torch.cat(cuts)).float()
        for mine, part in zip(seen, torch.split(embeddings, [len(some) for some in cuts]), strict=True):
            mine.append(part)
    losses = [session.loss(*view, mine) for session, view, mine in zip(sessions, views, seen, strict=True)]
    torch.stack(losses).sum().backward()  # type: ignore[no-untyped-call]
    for session in sessions:
        session.advance()


def seeded(recipe: Recipe, device: torch.device | str) -> torch.Generator:
    """The one source of a session's random numbers; make it first."""
    return torch.Generator(device).manual_seed(recipe.seed)
