"""One step of several sessions, each at its own time: the network sees them as one batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import torch

from dreamrender.diffusion.families.family import Family, Latents
from dreamrender.diffusion.session import DiffusionSession, Look


def step(sessions: Sequence[DiffusionSession]) -> None:
    """One step of each; they share a family. One that fails half way is made again after `rewinder`."""
    for session in sessions:
        session.begin_step()
    while waiting := [session for session in sessions if session.pending]:
        asked = [session.looks() for session in waiting]
        answers = looked(waiting[0].family, [look for looks in asked for look in looks])
        for session, looks in zip(waiting, asked, strict=True):
            own, answers = answers[: len(looks)], answers[len(looks) :]
            shown = looks[0].latents
            session.advance(shown, session.pulled(shown, session.said(own)))
    for session in sessions:
        session.end_step()


def looked(family: Family, looks: Sequence[Look]) -> list[Latents]:
    """The network's prediction for each look, those of one shape in one batch.

    Differentiable for latents that require a gradient; these share a batch only with themselves.
    """
    alike: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for index, look in enumerate(looks):
        shapes = tuple((name, tuple(part.shape)) for name, part in sorted(look.condition.items()))
        alone = id(look.latents) if look.latents.requires_grad else None
        alike[tuple(look.latents.shape), shapes, alone].append(index)
    found: dict[int, Latents] = {}
    for indices in alike.values():
        rows = [looks[index] for index in indices]
        condition = {name: torch.cat([row.condition[name] for row in rows]) for name in rows[0].condition}
        latents, times = torch.cat([row.latents for row in rows]), torch.cat([row.t for row in rows])
        with torch.set_grad_enabled(latents.requires_grad):
            predicted = family.denoise(latents, times, condition)
        found.update(zip(indices, torch.split(predicted, 1), strict=True))
    return [found[index] for index in range(len(looks))]
