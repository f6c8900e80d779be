"""What every backend keeps, ours and plug-ins: all that are in the registry join."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
import torch

from dreamconfig.catalogue import backends, models, needed
from dreamqueue.collection import Collection
from dreamqueue.errors import PaintError, UnknownWord
from dreamqueue.recipe import Phrase, Recipe
from dreamqueue.turns import longer, turned
from dreamrender import residents
from dreamrender.backend import Backend, Inputs, Resumable, Steerable
from dreamrender.backends import BACKENDS, available, load_backend
from dreamrender.backends.guided import Guided
from dreamrender.backends.steered import Steered
from dreamrender.collection.shelf import Shelf
from dreamrender.critics import Critic, loading
from dreamrender.picture import to_pil

from .conftest import recipe_for
from .picture_folders import fill


def _painters() -> Iterator[tuple[str, str]]:
    """Backends and presets, without presets that paint like one before (VQGANs with the same stand-in), and
    without pipelines that are fetched: tests/render/diffusion has small ones of each family."""
    for name in BACKENDS:
        known: Mapping[str, object] = getattr(type(load_backend(name)), "presets", {})
        seen: list[object] = []
        for preset in backends()[name].presets or ("",):
            if any(models()[model].repository for model in needed(name, preset, ())):
                continue
            how = known.get(preset, preset)
            if not any(how is other for other in seen):
                seen.append(how)
                yield name, preset


PAINTERS = list(_painters())


pytestmark = pytest.mark.usefixtures("fetched_generators")


@pytest.fixture(autouse=True)
def tiny_critics(critics: Callable[[str, str], Critic], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every critic's name gives the tiny one."""
    monkeypatch.setattr(residents, "_all", {})
    monkeypatch.setattr(loading, "_load", lambda name, device, download: critics(name, device))


@pytest.fixture(params=PAINTERS, ids="-".join)
def painter(request: pytest.FixtureRequest) -> tuple[Backend, Callable[..., Recipe]]:
    """A backend, and recipes for it."""
    name, preset = request.param
    step = backends()[name].multiple
    side = max(step, 32 // step * step)

    def recipe(**changes: object) -> Recipe:
        size = {"width": side, "height": side}
        return recipe_for(**{"backend": name, "preset": preset, "critic": "pocket", **size, **changes})

    return load_backend(name), recipe


def paint(backend: Backend, *recipes: Recipe, inputs: Sequence[Inputs] = ()) -> list[torch.Tensor]:
    """All of them together, as long as the longest takes."""
    given = inputs or [Inputs()] * len(recipes)
    sessions = [backend.begin(recipe, one) for recipe, one in zip(recipes, given, strict=True)]
    assert len({backend.group(session) for session in sessions}) == 1
    while running := [session for session in sessions if session.step < session.recipe.steps]:
        backend.step(running)
    return [backend.picture(session) for session in sessions]


def _critics_alone(recipe: Recipe) -> bool:
    """Whether nothing but critics pulls at the picture; a diffusion has a mind of its own about words."""
    return "sampled" not in backends()[recipe.backend].flags


Painter = tuple[Backend, Callable[..., Recipe]]


def test_a_picture_has_its_shape_and_range(painter: Painter) -> None:
    backend, recipe = painter
    for width, height in ((32, 32), (64, 32), (32, 64)):
        (picture,) = paint(backend, recipe(width=width, height=height, steps=2))
        assert picture.shape == (3, height, width)
        assert picture.dtype == torch.float32
        assert picture.device.type == "cpu"
        assert not picture.requires_grad
        assert picture.min() >= 0
        assert picture.max() <= 1


def test_steps_count_up_and_there_is_a_picture_at_each(painter: Painter) -> None:
    backend, recipe = painter
    session = backend.begin(recipe(), Inputs())
    assert session.step == 0
    backend.picture(session)
    for done in range(1, 5):
        backend.step([session])
        assert session.step == done
        assert backend.picture(session).isfinite().all()
        assert session.score is not None
        assert -1.001 <= session.score <= 1.001


def test_looking_changes_nothing(painter: Painter) -> None:
    backend, recipe = painter
    (unseen,) = paint(backend, recipe())
    session = backend.begin(recipe(), Inputs())
    for _ in range(4):
        backend.step([session])
        backend.picture(session)
        session.score  # noqa: B018
    assert torch.equal(unseen, backend.picture(session))


def test_same_seed_same_picture_other_seed_other_picture(painter: Painter) -> None:
    backend, recipe = painter
    (one,), (same,), (other,) = (paint(backend, recipe(seed=seed)) for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)


def test_company_does_not_change_a_picture(painter: Painter) -> None:
    backend, recipe = painter
    (alone,) = paint(backend, recipe(seed=3))
    together, _ = paint(backend, recipe(seed=3), recipe(seed=4, width=64, steps=2))
    assert torch.allclose(alone, together, atol=4 / 255)


def test_a_negative_weight_lowers_the_likeness(
    painter: Painter, critics: Callable[[str, str], Critic]
) -> None:
    backend, recipe = painter
    critic = critics("tiny", "cpu")
    words = critic.encode_texts(["a green dog"])
    wanted, unwanted = (
        paint(backend, recipe(phrases=phrases, steps=24))[0]
        for phrases in (({"text": "a green dog", "weight": 1},), ({"text": "a green dog", "weight": -1},))
    )
    assert not torch.equal(wanted, unwanted)
    if _critics_alone(recipe()):
        likeness = [float(critic.encode_images(one[None]) @ words.T) for one in (unwanted, wanted)]
        assert likeness[0] < likeness[1]


def test_an_initial_picture_shows(painter: Painter) -> None:
    backend, recipe = painter
    start = torch.zeros(3, 32, 32)
    start[0, :16] = 0.9
    near = {"strength": 0.2} if "sampled" in backends()[recipe().backend].flags else {}
    with_picture = recipe(image="key", width=32, height=32, steps=2, **near)
    (over,) = paint(backend, with_picture, inputs=[Inputs({"key": to_pil(start)})])
    (free,) = paint(backend, recipe(width=32, height=32, steps=2))
    assert (over - start).abs().mean() < (free - start).abs().mean() / 2


@pytest.mark.parametrize("done", [0, 1, 3])
def test_a_saved_session_goes_on_to_the_same_frame(painter: Painter, done: int) -> None:
    backend, recipe = painter
    assert isinstance(backend, Resumable)
    session = backend.begin(recipe(steps=6), Inputs())
    for _ in range(done):
        backend.step([session])
    state = backend.save(session)
    again = backend.resume(recipe(steps=6), Inputs(), state)
    assert again.step == done
    assert torch.equal(backend.picture(session), backend.picture(again))
    for _ in range(done, 6):
        backend.step([session])
        backend.step([again])
        assert torch.equal(backend.picture(session), backend.picture(again))
    assert session.score == again.score


def test_steering_on_the_way_changes_the_direction(
    painter: Painter, critics: Callable[[str, str], Critic]
) -> None:
    """Four steps towards something, then away: further from it than the painting that went straight on."""
    backend, recipe = painter
    assert isinstance(backend, Steerable)
    critic = critics("tiny", "cpu")
    words = critic.encode_texts(["a red square"])
    straight = recipe(phrases=({"text": "a red square"},), steps=24)
    session = backend.begin(straight, Inputs())
    for _ in range(4):
        backend.step([session])
    turn = turned(straight, (Phrase(text="a red square", weight=-1), Phrase(text="a green dog")), 4)
    backend.steer(session, turn)
    for _ in range(4, 24):
        backend.step([session])
    steered = backend.picture(session)
    (unsteered,), (again,) = paint(backend, straight), paint(backend, turn)
    assert not torch.equal(steered, unsteered)
    if _critics_alone(straight):
        likeness = [float(critic.encode_images(one[None]) @ words.T) for one in (steered, unsteered)]
        assert likeness[0] < likeness[1]
    assert torch.equal(steered, again)


def test_more_steps_on_the_way_are_painted_again_from_the_recipe(painter: Painter) -> None:
    backend, recipe = painter
    assert isinstance(backend, Steerable)
    session = backend.begin(recipe(steps=4), Inputs())
    for _ in range(3):
        backend.step([session])
    long = longer(recipe(steps=4), 3, 7)
    backend.steer(session, long)
    for _ in range(3, 7):
        backend.step([session])
    (again,) = paint(backend, long)
    assert torch.equal(backend.picture(session), again)


def test_a_render_that_turned_and_went_on_for_longer_is_painted_again(painter: Painter) -> None:
    backend, recipe = painter
    assert isinstance(backend, Steerable)
    session = backend.begin(recipe(steps=12), Inputs())
    now = session.recipe
    for step in range(20):
        if step == 4:
            now = turned(now, (Phrase(text="a green dog"),), step)
        if step == 9:
            now = longer(now, step, 20)
        if step in {4, 9}:
            backend.steer(session, now)
        backend.step([session])
    (again,) = paint(backend, now)
    assert torch.allclose(backend.picture(session), again, atol=2 / 255)


def test_the_catalogue_and_the_registry_agree() -> None:
    assert list(BACKENDS) == list(backends())


def test_an_unknown_backend_proposes_the_nearest() -> None:
    assert "pixels" in available()
    with pytest.raises(UnknownWord, match="Did you mean `pixels`"):
        load_backend("pixel")


def test_a_backend_that_cannot_be_imported_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(BACKENDS, "broken", "dreamrender.backends.not_there:Broken")
    with pytest.raises(PaintError, match="`broken` is not complete on this worker"):
        load_backend("broken")


def test_a_collection_guides_whatever_a_critic_steers(painter: Painter, tmp_path: Path) -> None:
    backend, recipe = painter
    if not isinstance(backend, Steered | Guided):
        return
    fill(tmp_path / "walls", {"red": 4, "blue": 4})
    inputs = Inputs(collection=Shelf(tmp_path).find("walls", "1"))
    plain, guided = recipe(), recipe(collection=Collection(name="walls", strength=2))
    once, again, without = (paint(backend, one, inputs=[inputs])[0] for one in (guided, guided, plain))
    assert torch.equal(once, again)
    assert not torch.equal(once, without)
    assert backend.begin(guided, inputs).notes[0].startswith("Guided by `")
