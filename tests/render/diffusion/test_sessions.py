"""Sessions on their way: batches, turns, more steps, second passes, states."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from dreamqueue.course import Course
from dreamqueue.errors import CannotResume, PaintError
from dreamqueue.recipe import Phrase
from dreamqueue.turns import longer, turned
from dreamrender.diffusion import loop, saving
from dreamrender.diffusion.families.family import Family
from dreamrender.diffusion.plan import plan
from dreamrender.diffusion.schedulers import SAMPLERS, duplicate

from . import painters


@pytest.fixture(scope="module")
def sd(tiny_sd: Path) -> Family:
    return painters.family_at(tiny_sd, "sd")


@pytest.fixture(scope="module", params=["sd", "sd2", "sdxl", "sd3", "flux"])
def family(request: pytest.FixtureRequest) -> Family:
    name = {"sd2": "sd"}.get(request.param, request.param)
    return painters.family_at(request.getfixturevalue(f"tiny_{request.param}"), name)


def test_several_at_their_own_times_are_one_batch(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    once = {"scheduler": "ddim"} if "PNDM" in type(family.scheduler).__name__ else {}
    recipes = [painters.recipe_of(seed=seed, steps=4, **once) for seed in range(3)]
    alone = [painters.painted(painters.begun(family, recipe)) for recipe in recipes]
    first, second, third = sessions = [painters.begun(family, recipe) for recipe in recipes]
    looks: list[int] = []
    denoise = family.denoise
    monkeypatch.setattr(
        family,
        "denoise",
        lambda latents, t, condition: looks.append(len(set(t.tolist()))) or denoise(latents, t, condition),
    )
    loop.step([first])
    loop.step([first, second])
    while third.step < 4:
        loop.step([session for session in sessions if session.step < 4])
    assert max(looks) == 3, "three different times in one look of the network"
    assert len(looks) == 6, "and one look for each step, however many share it"
    for session, picture in zip(sessions, alone, strict=True):
        assert torch.allclose(session.picture(), picture, atol=1e-4)


def test_a_batch_of_different_sizes_is_painted(sd: Family) -> None:
    small, wide = painters.recipe_of(), painters.recipe_of(width=96)
    sessions = [painters.begun(sd, recipe) for recipe in (small, wide)]
    for _ in range(5):
        loop.step(sessions)
    assert sessions[1].picture().shape == (3, 64, 96)
    assert torch.equal(sessions[0].picture(), painters.painted(painters.begun(sd, small)))


def test_new_words_on_the_way_are_in_the_recipe(family: Family) -> None:
    recipe = painters.recipe_of(steps=6)
    session = painters.begun(family, recipe)
    loop.step([session])
    loop.step([session])
    other = turned(recipe, [Phrase(text="a blue house")], 2)
    session.turn(other, session.stages)
    steered = painters.painted(session)
    assert torch.equal(steered, painters.painted(painters.begun(family, other)))
    assert not torch.allclose(steered, painters.painted(painters.begun(family, recipe)), atol=1e-3)


def test_more_steps_at_the_last_moment(sd: Family) -> None:
    recipe = painters.recipe_of(steps=20, scheduler="ddim")
    session = painters.begun(sd, recipe)
    for _ in range(19):
        loop.step([session])
    more = longer(recipe, 19, 26)
    session.turn(more, plan(more, picture=False, strength=None, multiple=sd.multiple))
    assert torch.equal(painters.painted(session), painters.painted(painters.begun(sd, more)))


@pytest.mark.parametrize("until", [1, 3, 6])
def test_more_steps_on_the_way_or_after_it(family: Family, until: int) -> None:
    recipe = painters.recipe_of(steps=6)
    session = painters.begun(family, recipe)
    for _ in range(until):
        loop.step([session])
    before = session.picture()
    more = longer(recipe, until, 9)
    session.turn(more, plan(more, picture=False, strength=None, multiple=family.multiple))
    made = painters.painted(session)
    assert session.step == 9
    assert not torch.equal(made, before)
    assert torch.equal(made, painters.painted(painters.begun(family, more)))


def test_guidance_that_changes_on_the_way_is_spread_over_more_steps(sd: Family) -> None:
    recipe = painters.recipe_of(steps=6, scheduler="ddim", guidance=((0.0, 12.0), (1.0, 1.5)))
    session = painters.begun(sd, recipe)
    for _ in range(3):
        loop.step([session])
    more = longer(recipe, 3, 12)
    session.turn(more, plan(more, picture=False, strength=None, multiple=sd.multiple))
    assert torch.equal(painters.painted(session), painters.painted(painters.begun(sd, more)))


@pytest.mark.parametrize("name", ["sd", "sdxl"])
def test_sides_that_its_network_cannot_halve_are_painted(request: pytest.FixtureRequest, name: str) -> None:
    """The catalogue says multiples of 8 for these, as their pipelines do."""
    family = painters.family_at(request.getfixturevalue(f"tiny_{name}"), name)
    assert family.multiple == 8
    session = painters.begun(family, painters.recipe_of(width=72, height=88, steps=2))
    assert painters.painted(session).shape == (3, 88, 72)


def test_what_nobody_hears_is_noted(family: Family) -> None:
    heard, unheard = (
        painters.begun(family, painters.recipe_of(steps=1)),
        painters.begun(family, painters.recipe_of(steps=1), guidance=1.0),
    )
    for session in (heard, unheard):
        painters.painted(session)
    (note,) = unheard.notes
    assert f"“{painters.UNWANTED}” was not said" in note
    assert heard.notes == ((note,) if family.told_guidance else ())
    assert family.told_guidance == ("guidance" not in note)


@pytest.mark.parametrize(("many", "tokens"), [("sd", 600), ("sd3", 255)])
def test_a_prompt_that_is_too_long_is_noted(request: pytest.FixtureRequest, many: str, tokens: int) -> None:
    family = painters.family_at(request.getfixturevalue(f"tiny_{many}"), many)
    phrases = [Phrase(text="red apple tree " * 130) for _ in range(5)]
    session = painters.begun(family, painters.recipe_of(phrases=phrases, steps=1))
    painters.painted(session)
    assert session.notes == (
        f"The prompt is longer than this model reads ({tokens} tokens): its end was not read.",
    )


def test_tensors_that_numpy_does_not_know_are_remembered_if_they_have_changed(sd: Family) -> None:
    """As those in half precision, and those on a GPU where `add_noise` leaves a scheduler's own."""
    fresh, now = sd.scheduler, duplicate(sd.scheduler)
    vars(fresh)["kept"], vars(now)["kept"] = (torch.ones(2, dtype=torch.bfloat16) for _ in range(2))
    try:
        assert saving.memories(now, fresh) == ({}, {})
        now.kept = 2 * now.kept
        assert list(saving.memories(now, fresh)[1]) == ["kept"]
    finally:
        del vars(fresh)["kept"]


@pytest.mark.parametrize("name", ["", *SAMPLERS])
@pytest.mark.parametrize("how", ["plain", "over a picture", "hires"])
def test_a_saved_session_makes_the_same_next_steps(sd: Family, name: str, how: str) -> None:
    start = (
        torch.rand(3, 64, 64, generator=torch.Generator().manual_seed(1)) if how == "over a picture" else None
    )
    fields = {"hires": 2.0, "width": 128, "height": 128} if how == "hires" else {}
    fields |= {"image": "x", "strength": 0.5} if start is not None else {}
    recipe = painters.recipe_of(steps=6, scheduler=name, **fields)
    whole = painters.begun(sd, recipe, start)
    for _ in range(3):
        loop.step([whole])
    again = painters.begun(sd, recipe, start)
    saving.load(again, saving.save(whole))
    assert again.step == 3
    assert torch.equal(again.picture(), whole.picture())
    assert torch.equal(painters.painted(again), painters.painted(whole))


def test_a_finished_one_goes_on(family: Family) -> None:
    recipe = painters.recipe_of(steps=3)
    session = painters.begun(family, recipe)
    painters.painted(session)
    more = longer(recipe, 3, 5)
    again = painters.begun(family, more)
    saving.load(again, saving.save(session))
    assert torch.equal(painters.painted(again), painters.painted(painters.begun(family, more)))


@pytest.mark.parametrize("fields", [{}, {"hires": 2.0, "width": 128, "height": 128}])
def test_one_that_is_between_two_stages_is_put_away_twice(sd: Family, fields: dict[str, object]) -> None:
    """It goes on, and is stopped before its first step."""
    recipe = painters.recipe_of(steps=3, **fields)
    session = painters.begun(sd, recipe)
    for _ in range(2 if fields else 3):
        loop.step([session])
    more = recipe if fields else longer(recipe, 3, 5)
    once, twice = painters.begun(sd, more), painters.begun(sd, more)
    saving.load(once, saving.save(session))
    saving.load(twice, saving.save(once))
    assert torch.equal(painters.painted(once), painters.painted(twice))


@pytest.mark.parametrize(
    ("fields", "words"),
    [({"seed": 4}, "seed"), ({"width": 96}, "width"), ({"scheduler": "ddim"}, "scheduler")],
)
def test_the_state_of_another_painting_is_refused(sd: Family, fields: dict[str, object], words: str) -> None:
    session = painters.begun(sd, painters.recipe_of())
    loop.step([session])
    state = saving.save(session)
    with pytest.raises(CannotResume, match=words):
        saving.load(painters.begun(sd, painters.recipe_of(**fields)), state)


def test_a_state_names_only_what_a_scheduler_remembers(sd: Family) -> None:
    from dreamrender import state_file

    session = painters.begun(sd, painters.recipe_of())
    loop.step([session])
    head, tensors = state_file.unpacked(saving.save(session))
    forged = state_file.packed({**head, "scheduler": {"step": 1}}, tensors)
    with pytest.raises(CannotResume):
        saving.load(painters.begun(sd, painters.recipe_of()), forged)


def test_a_second_pass_is_composed_small(sd: Family) -> None:
    recipe = painters.recipe_of(steps=6, width=128, height=96, hires=2.0)
    session = painters.begun(sd, recipe)
    sizes = []
    while session.step < 6:
        loop.step([session])
        assert session.latents is not None
        sizes.append(tuple(session.latents.shape[2:]))
        assert session.glimpse().shape == (3, 96, 128)
    assert sizes == [(6, 8)] * 4 + [(12, 16)] * 2
    assert session.picture().shape == (3, 96, 128)


def test_a_picture_stopped_early_is_what_it_was_going_to_be(family: Family) -> None:
    """It is the network's idea of the picture, not the noise."""
    session = painters.begun(family, painters.recipe_of(steps=6))
    loop.step([session])
    assert session.latents is not None
    noisy = session.family.decode(session.latents)[0].clamp(0, 1)
    assert not torch.allclose(session.picture(), noisy, atol=0.01)
    for _ in range(5):
        loop.step([session])
    assert session.picture().isfinite().all()


def test_guidance_may_change_on_the_way(sd: Family) -> None:
    strong, falling = (
        painters.painted(painters.begun(sd, painters.recipe_of(guidance=guidance)))
        for guidance in (9.0, ((0.0, 9.0), (1.0, 1.0)))
    )
    assert not torch.allclose(strong, falling, atol=1e-3)


def test_without_guidance_the_network_looks_once(sd: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[int] = []
    denoise = sd.denoise
    monkeypatch.setattr(
        sd,
        "denoise",
        lambda latents, t, condition: rows.append(len(latents)) or denoise(latents, t, condition),
    )
    painters.painted(painters.begun(sd, painters.recipe_of(guidance=1.0, scheduler="ddim")))
    assert rows == [1] * 5


def test_a_sampler_of_another_kind_of_model(tiny_sd3: Path) -> None:
    with pytest.raises(PaintError, match=r"flow matching.*`euler`"):
        painters.begun(painters.family_at(tiny_sd3, "sd3"), painters.recipe_of(scheduler="ddim"))


def test_more_steps_than_the_model_knows(sd: Family) -> None:
    with pytest.raises(PaintError, match="at most 1000"):
        painters.begun(sd, painters.recipe_of(steps=1200))


@pytest.mark.parametrize(
    ("guidance", "note"),
    [
        (5.0, None),
        (((0.0, 0.0), (1.0, 4.0)), None),
        (0.0, "“blur” was not said"),
        (1.0, "a guidance above 1"),
    ],
)
def test_what_is_not_avoided_is_noted(sd: Family, guidance: Course, note: str | None) -> None:
    session = painters.begun(sd, painters.recipe_of(guidance=guidance))
    painters.painted(session)
    assert (note in " ".join(session.notes)) if note else session.notes == ()


def test_a_model_that_is_told_its_guidance_cannot_be_told_what_to_avoid(tiny_flux: Path) -> None:
    session = painters.begun(painters.family_at(tiny_flux, "flux"), painters.recipe_of(steps=1))
    painters.painted(session)
    assert session.notes == ("This model cannot be told what to avoid: “blur” was not said.",)


def test_who_heeds_guidance(tiny_flux: Path, tiny_flux_schnell: Path, tiny_ddpm: Path, sd: Family) -> None:
    """Where it means nothing, asking for one is refused."""
    dev, schnell = (painters.family_at(folder, "flux") for folder in (tiny_flux, tiny_flux_schnell))
    pixels = painters.family_at(tiny_ddpm, "pixels")
    assert [one.heeds_guidance for one in (sd, dev, schnell, pixels)] == [True, True, False, False]
