"""What a recipe wants besides its phrases: smoothness, colour, symmetry, on any preset and on the way."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch

from dreamqueue.prompt import parse
from dreamrender import losses
from dreamrender.backend import Inputs
from dreamrender.backends.pixels import PRESETS, Pixels
from dreamrender.canvas import Unclamped
from dreamrender.critics import Critic
from dreamrender.cutouts import KINDS
from dreamrender.palette import Palette
from dreamrender.wishes import MIRROR, STRAY, TINT, as_wished

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


def test_every_dial_follows_its_course() -> None:
    recipe = parse(
        "a hut --rate 2..0.5 --noise 0.4..0 --range 0..4 --symmetry x --symmetry-weight 2..0 "
        "--palette navy,teal --palette-weight 0..2 --average 0.9 --cutouts pooled"
    )
    ours = as_wished(PRESETS["levels"], recipe, None)
    _, mirrored, tinted = ours.on_image
    (kept,) = ours.on_raw
    times = (0.0, 0.5, 1.0)
    assert [ours.haste(t) for t in times] == [2, 1.25, 0.5]
    assert [ours.augmentation.more_noise(t) for t in times] == [0.4, 0.2, 0]
    assert [kept.at(t) / STRAY for t in times] == [0, 2, 4]
    assert [mirrored.at(t) / MIRROR for t in times] == [2, 1, 0]
    assert [tinted.at(t) / TINT for t in times] == [0, 1, 2]
    assert (ours.average, ours.cutter) == (0.9, KINDS["pooled"])


def test_a_palette_is_kept_to(pixels: Pixels) -> None:
    names = ("#000080", "#008080", "#ffcc88")
    apart = Palette(names)
    free, kept = painted(pixels), painted(pixels, palette=names)
    assert float(apart(kept)) < float(apart(free)) / 2


def test_stray_colours_are_called_back(pixels: Pixels) -> None:
    def stray(weight: float) -> float:
        session = pixels.begin(recipe_for(steps=30, saturation=10.0, range=weight), Inputs())
        for _ in range(30):
            pixels.step([session])
        assert isinstance(session.canvas, Unclamped)
        return losses.out_of_range(session.canvas.unclamped()).item()

    assert stray(5.0) < stray(0.5) < stray(0.0)


def test_range_is_nothing_to_what_lies_within_it(pixels: Pixels) -> None:
    for preset in ("clipig1", "fourier"):
        assert torch.equal(painted(pixels, preset=preset), painted(pixels, preset=preset, range=5.0))
    assert torch.equal(painted(pixels, steps=2), painted(pixels, steps=2, range=5.0)), "not yet astray"


def test_a_faster_hand_gets_further(pixels: Pixels) -> None:
    start = pixels.picture(pixels.begin(recipe_for(), Inputs()))[None]
    slow, usual, fast = (
        float((painted(pixels, steps=5, rate=rate) - start).abs().mean()) for rate in (0.2, None, 3.0)
    )
    assert slow < usual < fast


@pytest.mark.parametrize("wish", [{"cutouts": "pooled"}, {"cutouts": "overview"}, {"noise": 0.3}])
def test_what_the_critic_is_shown_is_in_the_picture_and_repeats(
    pixels: Pixels, wish: dict[str, object]
) -> None:
    plain, one, same = (painted(pixels, steps=4, width=96, height=64, **some) for some in ({}, wish, wish))
    assert torch.equal(one, same)
    assert not torch.equal(one, plain)


def test_an_average_is_calmer_and_outlives_a_save(pixels: Pixels) -> None:
    def trembling(average: float) -> float:
        recipe = recipe_for(average=average, steps=30, rate=5.0)
        session, frames = pixels.begin(recipe, Inputs()), []
        for _ in range(30):
            pixels.step([session])
            frames.append(pixels.picture(session))
        again = pixels.resume(recipe, Inputs(), pixels.save(session))
        assert torch.equal(pixels.picture(again), frames[-1])
        moves = [after - before for before, after in pairwise(frames)]
        return sum(float((after - before).abs().mean()) for before, after in pairwise(moves[10:]))

    assert trembling(0.95) < trembling(0.9) < trembling(0.0)
