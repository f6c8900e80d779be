"""Steps that sessions share, failed half way and made again by each alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from dreamrender import shrinking
from dreamrender.diffusion import loop
from dreamrender.diffusion.families.family import Family
from dreamrender.diffusion.session import DiffusionSession

from . import painters

STEPS = 3


class _Stepping:
    """As much of the backend as `shrinking.step` asks for."""

    def step(self, sessions: list[DiffusionSession]) -> None:
        loop.step(sessions)


@pytest.fixture(scope="module")
def sd(tiny_sd: Path) -> Family:
    return painters.family_at(tiny_sd, "sd")


def begun(sd: Family, name: str) -> list[DiffusionSession]:
    return [
        painters.begun(sd, painters.recipe_of(seed=seed, steps=STEPS, scheduler=name)) for seed in range(3)
    ]


@pytest.mark.parametrize("name", ["euler-a", "dpmpp-2m-sde"])
@pytest.mark.parametrize("where", ["network", "sampler"])
def test_those_who_share_no_step_paint_what_they_paint_alone(
    sd: Family, name: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in the first step, which draws the noise, and where one sampler has stepped and the next fails."""
    alone = [painters.painted(session) for session in begun(sd, name)]
    sessions = begun(sd, name)
    together = [True]
    denoise, advance = sd.denoise, sessions[1].advance

    def small_denoise(latents: torch.Tensor, t: torch.Tensor, condition: Any) -> torch.Tensor:
        if len(latents) > 2:
            raise torch.OutOfMemoryError("no more")
        return denoise(latents, t, condition)

    def failing(shown: torch.Tensor, said: torch.Tensor) -> None:
        advance(shown, said)
        if together[0]:
            raise RuntimeError("half way")

    if where == "network":
        monkeypatch.setattr(sd, "denoise", small_denoise)
    else:
        monkeypatch.setattr(sessions[1], "advance", failing)
        monkeypatch.setattr(loop, "looked", _watching(together, loop.looked))
    for _ in range(STEPS):
        assert not any(shrinking.step(_Stepping(), sessions).errors)  # type: ignore[arg-type]
    for session, picture in zip(sessions, alone, strict=True):
        assert torch.allclose(session.picture(), picture, atol=1e-4)


def _watching(together: list[bool], looked: Any) -> Any:
    def watched(family: Family, looks: list[Any]) -> Any:
        together[0] = len(looks) > 2
        return looked(family, looks)

    return watched
