"""Several critics at once: each its own cutouts, one loss, the first one's score."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest
import torch

from dreamqueue.recipe import Phrase, Recipe
from dreamrender.backend import Inputs
from dreamrender.backends.pixels import Pixels
from dreamrender.critics import Critic
from dreamrender.critics.open_clip import OpenClipCritic
from dreamrender.types import Embeddings, Images

from .conftest import recipe_for


class Turned:
    """A critic that looks at other sizes and likes the opposite."""

    name, image_size, max_tokens = "turned", 24, 8

    def __init__(self, critic: OpenClipCritic) -> None:
        self.critic, self.dim = critic, critic.dim
        self.shapes: list[tuple[int, ...]] = []

    def encode_images(self, images: Images) -> Embeddings:
        self.shapes.append(tuple(images.shape))
        return -self.critic.encode_images(images)

    def encode_texts(self, texts: Sequence[str]) -> Embeddings:
        return self.critic.encode_texts(texts)

    def tokens(self, text: str) -> int:
        return self.critic.tokens(text)


@pytest.fixture
def turned(critic: OpenClipCritic) -> Turned:
    return Turned(critic)


@pytest.fixture
def pixels(critic: OpenClipCritic, turned: Turned) -> Pixels:
    both: dict[str, Critic] = {"tiny": critic, "turned": turned}
    critics: Callable[[str, str], Critic] = lambda name, device: both[name]  # noqa: E731
    return Pixels("cpu", critics)


def paint(backend: Pixels, *recipes: Recipe) -> list[torch.Tensor]:
    sessions = [backend.begin(recipe, Inputs()) for recipe in recipes]
    for _ in range(recipes[0].steps):
        backend.step(sessions)
    return [backend.picture(session) for session in sessions]


def test_each_has_cutouts_of_its_own_size(pixels: Pixels, turned: Turned) -> None:
    recipe = recipe_for(critic="tiny,turned", steps=1)
    paint(pixels, recipe, recipe)
    assert turned.shapes == [(16, 3, 24, 24)]


def test_their_losses_are_averaged(pixels: Pixels, critic: OpenClipCritic) -> None:
    words = critic.encode_texts(["a red square"])

    def likeness(critics: str) -> float:
        (picture,) = paint(pixels, recipe_for(critic=critics, steps=20))
        return float(critic.encode_images(picture[None]) @ words.T)

    liked, both, disliked = (likeness(critics) for critics in ("tiny", "tiny,turned", "turned"))
    assert disliked < both < liked


def test_the_score_is_the_first_ones(pixels: Pixels) -> None:
    one, other = (pixels.begin(recipe_for(critic=critics), Inputs()) for critics in ("tiny,turned", "tiny"))
    assert one.score == other.score
    assert pixels.begin(recipe_for(critic="turned,tiny"), Inputs()).score == pytest.approx(-(one.score or 0))


def test_only_sessions_with_the_same_critics_share_steps(pixels: Pixels) -> None:
    groups = {
        pixels.group(pixels.begin(recipe_for(critic=critics), Inputs()))
        for critics in ("tiny", "turned", "tiny,turned")
    }
    assert len(groups) == 3


def test_notes_name_the_critic(pixels: Pixels) -> None:
    phrases = (Phrase(text="a cat on a wall in the evening sun"),)
    (note,) = pixels.begin(recipe_for(critic="tiny,turned", phrases=phrases), Inputs()).notes
    assert "the critic `turned` reads at once" in note


def test_it_resumes_to_the_same_frame(pixels: Pixels) -> None:
    recipe = recipe_for(critic="tiny,turned")
    session = pixels.begin(recipe, Inputs())
    pixels.step([session])
    again = pixels.resume(recipe, Inputs(), pixels.save(session))
    pixels.step([session])
    pixels.step([again])
    assert torch.equal(pixels.picture(session), pixels.picture(again))
