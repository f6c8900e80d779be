"""What a recipe wants besides its phrases: smoothness, colour, symmetry, on any preset and on the way."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from dreamqueue.prompt import parse
from dreamrender import losses
from dreamrender.backend import Inputs
from dreamrender.backends.pixels import PRESETS, Pixels
from dreamrender.critics import Critic
from dreamrender.wishes import as_wished

from .conftest import recipe_for

IMAGE = torch.rand(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def pixels(critics: Callable[[str, str], Critic]) -> Pixels:
    return Pixels("cpu", critics)


def painted(backend: Pixels, **changes: object) -> torch.Tensor:
    recipe = recipe_for(**{"steps": 30, **changes})
    session = backend.begin(recipe, Inputs())
    for _ in range(recipe.steps):
        backend.step([session])
    return backend.picture(session)[None]


@pytest.mark.parametrize("preset", ["levels", "clipig1"])
def test_smooth_colourful_and_mirrored(pixels: Pixels, preset: str) -> None:
    plain = painted(pixels, preset=preset)

    def ratio(measure: Callable[[torch.Tensor], torch.Tensor], **changes: object) -> float:
        return float(measure(painted(pixels, preset=preset, **changes)).mean() / measure(plain).mean())

    assert ratio(losses.total_variation, tv=10.0) < 0.8
    assert ratio(losses.saturation, saturation=2.0) > 1.2
    assert ratio(losses.saturation, saturation=-2.0) < 0.8
    assert ratio(lambda images: losses.asymmetry(images, [3]), symmetry="x") < 0.5
    assert ratio(lambda images: losses.asymmetry(images, [2, 3]), symmetry="xy") < 0.5


def test_symmetry_x_leaves_the_other_axis_alone() -> None:
    tree = torch.arange(8.0).view(1, 1, 8, 1).expand(1, 3, 8, 8)
    assert losses.asymmetry(tree, [3]) == 0
    assert losses.asymmetry(tree, [2]) > 0


def test_smoothness_takes_the_place_of_the_presets_own() -> None:
    ours = as_wished(PRESETS["levels"], recipe_for(tv=0.0), None).on_image
    assert [own.at(0.5) for own in ours if own.loss is losses.total_variation] == [0]
    assert as_wished(PRESETS["levels"], recipe_for(), None) == PRESETS["levels"]


def test_courses_are_followed() -> None:
    recipe = parse("a hut --saturation 4..0 --tv 1@0,0@0.5")
    smooth, colour = as_wished(PRESETS["levels"], recipe, None).on_image
    assert [smooth.at(t) for t in (0, 0.25, 1)] == [1, 0.5, 0]
    assert [colour.at(t) for t in (0, 0.25, 1)] == [4, 3, 0]
    assert colour.loss(IMAGE) == -losses.saturation(IMAGE).mean()
