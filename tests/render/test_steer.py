"""The steering loop: determinism, batching, signed weights, notes, scores."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest
import torch

from dreamqueue.recipe import Phrase, Recipe
from dreamrender import steer
from dreamrender.canvas import clamp_with_gradient
from dreamrender.canvases.levels import Levels, level_shapes
from dreamrender.canvases.planes import Planes, noise
from dreamrender.critics.open_clip import OpenClipCritic
from dreamrender.losses import spherical_distance
from dreamrender.schedule import progress, stairs, warm_cosine
from dreamrender.steer import Preset, Regulariser, SteeredSession

from .conftest import recipe_for

QUICK = Preset(cuts=4, optimiser=partial(torch.optim.Adam, betas=(0.9, 0.99)))


def session(critic: OpenClipCritic, recipe: Recipe, preset: Preset = QUICK) -> SteeredSession:
    generator = steer.seeded(recipe, "cpu")
    canvas = Levels.drawn(recipe.height, recipe.width, generator)
    return SteeredSession(recipe, canvas, preset, critic, generator)


def painted(critic: OpenClipCritic, recipe: Recipe, preset: Preset = QUICK) -> SteeredSession:
    one = session(critic, recipe, preset)
    while one.step < recipe.steps:
        steer.step([one])
    return one


def test_alone_a_recipe_paints_the_same_bits(critic: OpenClipCritic) -> None:
    torch.manual_seed(1)
    once = painted(critic, recipe_for(steps=5)).picture()
    torch.manual_seed(2)
    again = painted(critic, recipe_for(steps=5)).picture()
    assert torch.equal(once, again)


def test_painting_leaves_the_global_generator_alone(critic: OpenClipCritic) -> None:
    before = torch.get_rng_state()
    painted(critic, recipe_for(steps=1))
    assert torch.equal(before, torch.get_rng_state())


def test_company_changes_nothing_beyond_rounding(critic: OpenClipCritic) -> None:
    recipes = [recipe_for("a cat", steps=6), recipe_for("a sea", width=48, seed=9, steps=6)]
    alone = [painted(critic, recipe).picture() for recipe in recipes]
    together = [session(critic, recipes[0]), session(critic, recipes[1], replace(QUICK, cuts=3))]
    alone[1] = painted(critic, recipes[1], replace(QUICK, cuts=3)).picture()
    for _ in range(6):
        steer.step(together)
    for one, other in zip(alone, together, strict=True):
        assert torch.allclose(one, other.picture(), atol=2e-3)


def test_steering_finds_its_phrase(critic: OpenClipCritic) -> None:
    one = session(critic, recipe_for(steps=25))
    before = one.score
    for _ in range(25):
        steer.step([one])
    assert before is not None
    assert one.score is not None
    assert one.score > before + 0.1


def test_a_negative_weight_steers_away(critic: OpenClipCritic) -> None:
    unwanted = critic.encode_texts(["a green dog"])

    def likeness(weight: float) -> float:
        picture = painted(critic, recipe_for("a green dog", weight, steps=20)).picture()
        return float(critic.encode_images(picture[None]) @ unwanted.T)

    assert likeness(-1) < likeness(1) - 0.2


def test_a_stop_keeps_a_picture_at_its_distance(critic: OpenClipCritic) -> None:
    plain = replace(QUICK, augmentation=replace(QUICK.augmentation, zoom=(1.0, 1.0), noise=0.0))

    def distance(stop: float | None) -> float:
        recipe = recipe_for(phrases=(Phrase(text="a red square", stop=stop),), steps=40)
        one = painted(critic, recipe, plain)
        seen = critic.encode_images(one.picture()[None])
        return float(spherical_distance(seen, critic.encode_texts(["a red square"])))

    assert distance(None) < 0.8
    assert 0.85 < distance(1.0) < 1.15


def test_a_stop_that_is_reached_moves_nothing(critic: OpenClipCritic) -> None:
    one = session(critic, recipe_for(phrases=(Phrase(text="a red square", stop=4.9),)))
    before = one.picture()
    steer.step([one])
    assert torch.equal(before, one.picture())


def test_without_a_wish_there_is_no_score(critic: OpenClipCritic) -> None:
    assert session(critic, recipe_for(weight=-1)).score is None


def test_the_score_is_worked_out_once_a_step(critic: OpenClipCritic, monkeypatch: pytest.MonkeyPatch) -> None:
    one = session(critic, recipe_for())
    first = one.score
    monkeypatch.setattr(one, "critic", None)
    assert one.score == first


def test_a_phrase_that_is_too_long_is_noted(critic: OpenClipCritic) -> None:
    phrases = (Phrase(text="a cat"), Phrase(text="very " * 30 + "long"))
    assert session(critic, recipe_for()).notes == ()
    (note,) = session(critic, recipe_for(phrases=phrases)).notes
    assert note == (
        "Phrase 2 is longer than the 16 tokens that the critic `tiny` reads at once: "
        "it was read in 3 parts, which share its weight."
    )


def test_regularisers_work_in_their_time(critic: OpenClipCritic) -> None:
    times: list[str] = []

    def told(name: str, images: torch.Tensor) -> torch.Tensor:
        times.append(f"{name}{images.shape[0]}")
        return images.mean()

    late = Regulariser(partial(told, "cuts"), 1.0, start=0.9)
    preset = replace(QUICK, on_cuts=(late,), on_image=(Regulariser(partial(told, "image"), 1.0, end=0.1),))
    painted(critic, recipe_for(steps=3), preset)
    assert times == ["image1", "cuts4"]


def test_fewer_steps_than_a_preset_was_made_for_are_longer(critic: OpenClipCritic) -> None:
    preset = replace(QUICK, optimiser=torch.optim.SGD, steps=8)
    one, short = (session(critic, recipe_for(steps=steps), preset) for steps in (8, 4))
    before = one.picture()
    steer.step([one])
    steer.step([short])
    assert torch.allclose((short.picture() - before), 2 * (one.picture() - before), atol=1e-5)


def test_levels_fit_any_shape_and_hold_a_picture() -> None:
    assert level_shapes(256, 256) == [(side, side) for side in (6, 12, 24, 48, 96, 192)]
    assert level_shapes(512, 512)[-1] == (384, 384)
    assert level_shapes(32, 64) == [(6, 12), (12, 24), (24, 48)]
    smooth = torch.nn.functional.interpolate(torch.rand(1, 3, 5, 7), (40, 56), mode="bicubic")[0].clamp(0, 1)
    held = Levels.of(smooth)
    assert held.image().shape == (3, 40, 56)
    assert (held.image() - smooth).abs().mean() < 0.02


def test_finer_levels_take_smaller_steps() -> None:
    factors = [group["lr"] for group in Levels.drawn(100, 100, torch.Generator()).parameters()]
    assert factors[0] == 1
    assert factors == sorted(factors, reverse=True)


def test_planes_grow_and_ask_for_a_new_optimiser(critic: OpenClipCritic) -> None:
    recipe = recipe_for(steps=5, width=32, height=24)
    generator = steer.seeded(recipe, "cpu")
    start = noise(24, 32, generator, mean=0.3, spread=0.1)
    canvas = Planes(start)
    growing = replace(QUICK, resolution=stairs((0, 0.35), (0.5, 0.5), (0.9, 1)))
    one = SteeredSession(recipe, canvas, growing, critic, generator)
    sizes = []
    while one.step < 5:
        steer.step([one])
        sizes.append(tuple(canvas.image().shape))
        assert one.picture().shape == (3, 24, 32)
    assert sizes == [(3, 8, 11), (3, 8, 11), (3, 12, 16), (3, 12, 16), (3, 24, 32)]
    assert canvas.image().min() >= 0


def test_planes_blur_at_first_only() -> None:
    sharp = torch.rand(3, 16, 16)
    canvas = Planes(sharp, blur_until=0.1)
    canvas.prepare(0.5)
    assert torch.equal(canvas.image(), sharp)
    canvas.prepare(0.0)
    assert canvas.image().std() < sharp.std()


def test_a_clamped_pixel_can_come_back() -> None:
    pixels = torch.tensor([-0.5, 0.5, 1.5], requires_grad=True)
    clamp_with_gradient(pixels).sum().backward()  # descent would make all of them smaller
    assert pixels.grad is not None
    assert pixels.grad.tolist() == [0, 1, 1]


def test_schedules() -> None:
    assert [progress(step, 5) for step in range(6)] == [0, 0.25, 0.5, 0.75, 1, 1]
    assert progress(0, 1) == 0
    rate = warm_cosine(warm=0.1, floor=0.2)
    assert rate(0) == pytest.approx(0.2)
    assert rate(0.1) == pytest.approx(1)
    assert rate(1) == pytest.approx(0.2)
