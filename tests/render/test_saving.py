"""Sessions put away and taken up again: other words on the way, damaged and foreign states, the bound."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

import pytest
import torch

from dreamqueue.errors import CannotResume
from dreamqueue.recipe import Phrase, Recipe
from dreamrender import saving, state_file
from dreamrender.backend import Inputs, Session
from dreamrender.backends.pixels import Pixels
from dreamrender.canvases.levels import Levels
from dreamrender.critics import Critic

from .conftest import recipe_for


@pytest.fixture
def pixels(critics: Callable[[str, str], Critic]) -> Pixels:
    return Pixels("cpu", critics)


def begun(backend: Pixels, recipe: Recipe, steps: int = 2) -> Session:
    session = backend.begin(recipe, Inputs())
    for _ in range(steps):
        backend.step([session])
    return session


def test_other_words_and_more_steps_take_it_from_there(pixels: Pixels) -> None:
    state = pixels.save(begun(pixels, recipe_for("a cat")))
    turned = recipe_for(phrases=(Phrase(text="a dog"), Phrase(text="a sea")), steps=9)
    session = pixels.resume(turned, Inputs(), state)
    assert session.step == 2
    assert torch.equal(pixels.picture(session), pixels.picture(begun(pixels, recipe_for("a cat"))))
    pixels.step([session])
    assert not torch.equal(pixels.picture(session), pixels.picture(begun(pixels, recipe_for("a cat"), 3)))


def test_a_canvas_that_grew_is_as_large_again(pixels: Pixels) -> None:
    recipe = recipe_for(preset="clipig2", steps=16)
    session = begun(pixels, recipe, 3)
    again = pixels.resume(recipe, Inputs(), pixels.save(session))
    for _ in range(13):
        pixels.step([session])
        pixels.step([again])
    assert torch.equal(pixels.picture(session), pixels.picture(again))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"width": 64}, "saved with width `32`, and this recipe has `64`"),
        ({"preset": "clipig1"}, "saved with preset ``, and this recipe has `clipig1`"),
        ({"seed": 8}, "saved with seed `7`, and this recipe has `8`"),
    ],
)
def test_the_state_of_another_painting_is_refused(
    pixels: Pixels, changes: dict[str, object], why: str
) -> None:
    state = pixels.save(begun(pixels, recipe_for()))
    with pytest.raises(CannotResume, match=why):
        pixels.resume(recipe_for(**changes), Inputs(), state)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda state: b"", "this is no saved painting"),
        (lambda state: b"\x80\x04" + state, "this is no saved painting"),
        (lambda state: state[:-1], "it is damaged"),
        (lambda state: state[:40], "it is damaged"),
        (lambda state: state[:-5] + bytes([state[-5] ^ 1]) + state[-4:], "it is damaged"),
    ],
)
def test_a_damaged_state_is_refused(pixels: Pixels, damage: Callable[[bytes], bytes], why: str) -> None:
    state = pixels.save(begun(pixels, recipe_for()))
    with pytest.raises(CannotResume, match=why):
        pixels.resume(recipe_for(), Inputs(), damage(state))


@pytest.mark.parametrize("head", [b"{}", b"[]", b"7", b'{"recipe": {}, "device": 7}'])
def test_a_well_packed_state_of_something_else_is_refused(pixels: Pixels, head: bytes) -> None:
    state = pixels.save(begun(pixels, recipe_for()))
    body = head + state[state.index(b"\n", 90) :]
    forged = b"aliendreams session 1\n" + hashlib.sha256(body).hexdigest().encode() + body
    with pytest.raises(CannotResume):
        pixels.resume(recipe_for(), Inputs(), forged)


def test_a_state_of_another_make_of_canvas_is_refused(
    pixels: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = pixels.save(begun(pixels, recipe_for()))
    monkeypatch.setattr(Levels, "parameters", lambda self: [{"params": self.levels[:1], "lr": 1.0}])
    with pytest.raises(CannotResume, match="does not fit this painter"):
        pixels.resume(recipe_for(), Inputs(), state)


def test_its_size_is_small_and_bounded(pixels: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    session = begun(pixels, recipe_for(width=256, height=256), 1)
    assert len(pixels.save(session)) < 2_000_000
    monkeypatch.setattr(state_file, "MAX_STATE", 1_000_000)
    with pytest.raises(CannotResume, match="its state would take 1 MB"):
        pixels.save(session)


def test_a_canvas_may_keep_more_than_its_leaves() -> None:
    class Octaves(Levels):
        octave = 0.0

        def state(self) -> dict[str, torch.Tensor]:
            return {"octave": torch.tensor(self.octave)}

        def load(self, state: Mapping[str, torch.Tensor]) -> None:
            self.octave = float(state["octave"])

    canvas, other = (Octaves.drawn(32, 32, torch.Generator()) for _ in range(2))
    canvas.octave = 3
    saving.load_canvas(other, saving.canvas_state(canvas))
    assert other.octave == 3
