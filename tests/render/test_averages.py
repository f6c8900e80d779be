"""The average that is shown: bias-corrected, put aside for the steps, saved with the session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from dreamrender.averages import Average
from dreamrender.backend import Inputs
from dreamrender.backends.pixels import PRESETS, Pixels
from dreamrender.critics import Critic

from .conftest import recipe_for


def held(leaf: torch.Tensor, average: Average) -> float:
    with average.in_place_of([leaf]):
        return float(leaf.detach())


def test_it_is_the_weighted_mean_of_what_was_added() -> None:
    average, leaf = Average(0.9), torch.tensor(2.0, requires_grad=True)
    assert held(leaf, average) == 2
    for value in (1.0, 3.0):
        leaf.data = torch.tensor(value)
        average.add([leaf])
    assert held(leaf, average) == pytest.approx((0.9 * 1 + 3) / 1.9)
    assert leaf == 3


def test_it_starts_anew_with_leaves_of_another_shape() -> None:
    average, leaf = Average(0.9), torch.tensor([1.0])
    average.add([leaf])
    average.add([torch.tensor([5.0, 7.0])])
    assert average.count == 1
    assert held(leaf, average) == 1


@pytest.fixture
def calm(critics: Callable[[str, str], Critic]) -> Pixels:
    class Calm(Pixels):
        presets = {name: replace(preset, average=0.9) for name, preset in PRESETS.items()}  # noqa: RUF012

    return Calm("cpu", critics)


@pytest.mark.parametrize("preset", ["levels", "clipig2"])
def test_it_is_shown_scored_and_resumed_without_changing_the_steps(calm: Pixels, preset: str) -> None:
    recipe = recipe_for(preset=preset, steps=12)
    plain = Pixels("cpu", calm._critics)
    session, newest = calm.begin(recipe, Inputs()), plain.begin(recipe, Inputs())
    for _ in range(6):
        calm.step([session])
        plain.step([newest])
    again = calm.resume(recipe, Inputs(), calm.save(session))
    for _ in range(6):
        calm.step([session])
        calm.step([again])
        plain.step([newest])
        assert torch.equal(calm.picture(session), calm.picture(again))
    assert session.score == again.score
    assert not torch.equal(calm.picture(session), plain.picture(newest))
    assert torch.equal(session.canvas.image(), newest.canvas.image())
