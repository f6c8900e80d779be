"""The pixels backend: its presets as published, initial pictures, what it refuses."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from PIL import Image as Pillow

from dreamconfig.catalogue import backends
from dreamqueue.errors import PaintError, PictureError
from dreamqueue.recipe import Recipe
from dreamrender.backend import Inputs
from dreamrender.backends.pixels import GROWING, PRESETS, Pixels
from dreamrender.canvas import covering
from dreamrender.critics import Critic
from dreamrender.picture import to_pil

from .conftest import recipe_for

Critics = Callable[[str, str], Critic]


@pytest.fixture
def pixels(critics: Critics) -> Pixels:
    return Pixels("cpu", critics)


def paint(backend: Pixels, recipe: Recipe, inputs: Inputs | None = None) -> torch.Tensor:
    session = backend.begin(recipe, inputs or Inputs())
    while session.step < recipe.steps:
        backend.step([session])
    return backend.picture(session)


def test_the_catalogue_names_these_presets() -> None:
    assert list(backends()["pixels"].presets) == list(PRESETS)


def test_the_first_preset_is_the_default(pixels: Pixels) -> None:
    assert torch.equal(paint(pixels, recipe_for()), paint(pixels, recipe_for(preset="levels")))


def test_presets_paint_differently(pixels: Pixels) -> None:
    pictures = [paint(pixels, recipe_for(preset=preset)) for preset in PRESETS]
    assert not torch.equal(pictures[0], pictures[1])
    assert not torch.equal(pictures[1], pictures[2])


@pytest.mark.parametrize("preset", ["levels", "clipig1"])
def test_image_weight_keeps_the_picture(pixels: Pixels, preset: str) -> None:
    start = torch.zeros(3, 32, 32)
    start[0, :16] = 0.9

    def drift(weight: object) -> float:
        recipe = recipe_for(preset=preset, image="key", image_weight=weight, steps=40)
        return float((paint(pixels, recipe, Inputs({"key": to_pil(start)})) - start).square().mean())

    free, usual, firm, fading = (drift(weight) for weight in (0, 1, 20, ((0.0, 20.0), (1.0, 0.0))))
    assert free > usual > firm
    assert free > fading > firm


def test_clipig2_grows_as_published() -> None:
    sides = [256 * GROWING(sixteenth / 16) for sixteenth in range(8)]
    assert sides[:6] == [8, 8, 16, 32, 64, 128]
    assert sides[6:] == [256, 256]


def test_clipig1_starts_from_soft_dark_noise(pixels: Pixels) -> None:
    image = pixels.picture(pixels.begin(recipe_for(preset="clipig1", width=128, height=128), Inputs()))
    assert image.mean() == pytest.approx(0.33, abs=0.02)
    assert image.std() == pytest.approx(0.02, abs=0.012)


def test_an_unknown_preset_is_named(pixels: Pixels) -> None:
    with pytest.raises(PaintError, match="`pixels` has no preset `clipig3`; there is `clipig"):
        pixels.begin(recipe_for(preset="clipig3"), Inputs())


@pytest.mark.parametrize("preset", list(PRESETS))
def test_an_initial_picture_is_painted_over(pixels: Pixels, preset: str) -> None:
    halves = torch.zeros(3, 48, 48)
    halves[:, :, 24:] = torch.tensor([0.9, 0.6, 0.1])[:, None, None]
    recipe = recipe_for(preset=preset, image="key", width=48, height=48, steps=8)
    inputs = Inputs({"key": to_pil(halves)})
    begun = pixels.picture(pixels.begin(recipe, inputs))
    assert (begun - halves).abs().mean() < 0.03
    ended = paint(pixels, recipe, inputs)
    assert (ended - halves).abs().mean() < 0.15
    assert (ended - begun).abs().mean() > 0.001


def test_a_missing_initial_picture_is_said(pixels: Pixels) -> None:
    with pytest.raises(PictureError, match="attach it again"):
        pixels.begin(recipe_for(image="gone"), Inputs())


def test_an_initial_picture_covers_the_canvas() -> None:
    wide = Pillow.new("RGB", (300, 100), "red")
    wide.paste("blue", (100, 0, 200, 100))
    covered = covering(wide, 64, 64)
    assert covered.shape == (3, 64, 64)
    assert covered[2, :, 2:-2].mean() > 0.99, "the blue middle, undistorted"
