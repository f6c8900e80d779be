"""CLIP steering, written once: canvases are pushed until a critic finds the phrases in them.

A CLIP-steered system is a canvas and a `Preset`. Sessions that share a critic share one forward and one
backward pass of it; everything else (leaves, optimiser, random numbers) is a session's own, so joining a
batch does not change what is painted beyond rounding.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from dreamqueue.recipe import Recipe
from dreamrender.preset import MakeOptimiser, Preset, Regulariser
from dreamrender.session import SteeredSession

__all__ = ["MakeOptimiser", "Preset", "Regulariser", "SteeredSession", "seeded", "step"]


def step(sessions: Sequence[SteeredSession]) -> None:
    """One step of each session, with one look of the critic they share."""
    critic = sessions[0].critic
    views = [session.cuts() for session in sessions]
    seen = critic.encode_images(torch.cat([cuts for _, cuts in views]))
    parts = torch.split(seen.float(), [len(cuts) for _, cuts in views])
    losses = [session.loss(*view, part) for session, view, part in zip(sessions, views, parts, strict=True)]
    torch.stack(losses).sum().backward()  # type: ignore[no-untyped-call]
    for session in sessions:
        session.advance()


def seeded(recipe: Recipe, device: torch.device | str) -> torch.Generator:
    """The one source of a session's random numbers; make it first."""
    return torch.Generator(device).manual_seed(recipe.seed)
