"""How many jobs a worker paints at once when nobody says."""

from __future__ import annotations

import pytest

from dreamconfig.settings import WorkerSettings
from dreamqueue.memory import estimate, of_model
from dreamqueue.recipe import Phrase, Recipe
from dreamrender.worker.sessions import MOST, USUAL, fitting, sessions, usual

RECIPE = Recipe(phrases=(Phrase(text="a hut"),), backend="pixels", preset="levels", width=512, height=512)
WORK = estimate(RECIPE, loaded=lambda model: True).at(RECIPE)
MODELS = of_model("pocket")


def anywhere(_model: str) -> bool:
    return True


@pytest.mark.parametrize(
    ("free", "fits"),
    [
        (0.0, 1),
        (MODELS + 0.5 * WORK, 1),
        (MODELS + 3.5 * WORK, 3),
        (MODELS + 7.1 * WORK, 7),
        (MODELS + 1000 * WORK, MOST),
        (None, USUAL),
    ],
)
def test_as_many_as_fit_beside_the_models(free: float | None, fits: int) -> None:
    assert WORK > 0 < MODELS
    assert fitting([RECIPE], anywhere, free) == fits


def test_the_one_that_takes_most_counts_if_it_can_be_painted_here() -> None:
    larger = RECIPE.model_copy(update={"width": 1024, "height": 1024})
    free = MODELS + 6.5 * WORK
    assert fitting([RECIPE, larger], anywhere, free) < fitting([RECIPE], anywhere, free) == 6
    elsewhere = RECIPE.model_copy(update={"backend": "vqgan", "preset": "imagenet-16384", "width": 4096})
    assert fitting([RECIPE, elsewhere], lambda model: model == "pocket", free) == 6


def test_a_processor_paints_one_and_a_wish_is_granted() -> None:
    assert sessions(WorkerSettings(), "cpu", ["pixels"], 1e12) == 1
    assert sessions(WorkerSettings(max_sessions=3), "cpu", ["pixels"], 1e12) == 3
    assert 1 <= sessions(WorkerSettings(), "cuda", ["pixels"], 1e11) <= MOST
    assert [recipe.backend for recipe in usual(["pixels", "vqgan"], "pocket")] == ["pixels", "vqgan"]
