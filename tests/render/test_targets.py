"""Target pictures beside the phrases: they pull and push, and the score stays the words'."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from dreamqueue.errors import PictureError
from dreamqueue.recipe import Recipe, TargetImage
from dreamrender.aims import aims_of, embedded
from dreamrender.backend import Inputs
from dreamrender.backends.pixels import Pixels
from dreamrender.critics import Critic
from dreamrender.critics.open_clip import OpenClipCritic
from dreamrender.picture import to_pil
from dreamrender.types import Image

from .conftest import recipe_for


@pytest.fixture
def pixels(critics: Callable[[str, str], Critic]) -> Pixels:
    return Pixels("cpu", critics)


@pytest.fixture
def stripes() -> Image:
    image = torch.zeros(3, 40, 56)
    image[0, :, ::8] = image[0, :, 1::8] = image[2, ::4] = 1
    return image


def paint(backend: Pixels, recipe: Recipe, inputs: Inputs) -> torch.Tensor:
    session = backend.begin(recipe, inputs)
    for _ in range(recipe.steps):
        backend.step([session])
    return backend.picture(session)


def test_a_target_pulls_and_a_negative_one_pushes(
    pixels: Pixels, critic: OpenClipCritic, stripes: Image
) -> None:
    wanted = embedded(stripes, critic, 7)

    def likeness(*weights: float) -> float:
        targets = tuple(TargetImage(key="stripes", weight=weight) for weight in weights)
        recipe = recipe_for(targets=targets, steps=25)
        picture = paint(pixels, recipe, Inputs({"stripes": to_pil(stripes)}))
        return float(embedded(picture, critic, 7) @ wanted.T)

    towards, without, away = likeness(2.0), likeness(), likeness(-2.0)
    assert towards > without + 0.05
    assert away < without - 0.05


def test_aims_hold_the_phrases_first(critic: OpenClipCritic, stripes: Image) -> None:
    aims = aims_of(recipe_for("a cat", 0.5), critic, [(stripes, -0.25)])
    assert aims.words == 1
    assert aims.weights == (0.5, -0.25)
    assert aims.embeddings.norm(dim=-1).tolist() == pytest.approx([1, 1])
    assert torch.allclose(aims.embeddings[:1], critic.encode_texts(["a cat"]), atol=1e-6)


def test_the_score_is_the_words(pixels: Pixels, stripes: Image) -> None:
    inputs = Inputs({"stripes": to_pil(stripes)})
    one = pixels.begin(recipe_for(targets=(TargetImage(key="stripes"),)), inputs)
    assert one.score == pixels.begin(recipe_for(), Inputs()).score


def test_targets_draw_nothing_from_the_session(pixels: Pixels, stripes: Image) -> None:
    inputs = Inputs({"stripes": to_pil(stripes)})
    one = pixels.begin(recipe_for(targets=(TargetImage(key="stripes"),)), inputs)
    other = pixels.begin(recipe_for(), Inputs())
    assert torch.equal(one.generator.get_state(), other.generator.get_state())


def test_it_resumes_to_the_same_frame(pixels: Pixels, stripes: Image) -> None:
    recipe, inputs = recipe_for(targets=(TargetImage(key="s", weight=2),)), Inputs({"s": to_pil(stripes)})
    session = pixels.begin(recipe, inputs)
    pixels.step([session])
    again = pixels.resume(recipe, inputs, pixels.save(session))
    pixels.step([session])
    pixels.step([again])
    assert torch.equal(pixels.picture(session), pixels.picture(again))


def test_a_target_that_is_gone_is_said(pixels: Pixels) -> None:
    with pytest.raises(PictureError, match="The target picture is not kept any more"):
        pixels.begin(recipe_for(targets=(TargetImage(key="gone"),)), Inputs())
