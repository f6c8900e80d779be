"""Given pictures in one job: painted alike, laid out in rows, kept with their own recipes, taken up again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from tests.fakes import GreyBackend, grey_recipe

from dreamconfig.settings import WorkerSettings
from dreamqueue.client import QueueClient
from dreamqueue.errors import CannotResume
from dreamqueue.job import Finished
from dreamqueue.memory import HELD
from dreamqueue.png import read_recipe
from dreamqueue.prompt import Limits, whole_menu
from dreamqueue.recipe import Phrase, Recipe, Variant
from dreamqueue.tricks import Trick
from dreamqueue.tricks.trials import SUBJECTS, to_measure, to_try
from dreamrender import residents
from dreamrender.backend import Inputs, Resumable
from dreamrender.backends.pixels import Pixels
from dreamrender.critics import Critic
from dreamrender.several import ResumableSeveral, backend_for
from dreamrender.worker.room import DeviceRoom

from .conftest import recipe_for
from .on_valkey import ADA, ending, worker_here

TRICK = Trick(name="frost", text="{prompt} covered in frost")


def given(*texts: str, seed: int = 7, **changes: object) -> Recipe:
    variants = [
        Variant(label=f"{number}: {text}", phrases=(Phrase(text=text),), seed=seed + number)
        for number, text in enumerate(texts)
    ]
    return grey_recipe(variants=tuple(variants), **changes)


@pytest.mark.parametrize("row", [2, 4, 8])
def test_a_sheet_has_as_many_in_a_row_as_was_said(row: int) -> None:
    recipe = given(*"abcdefgh", steps=1, row=row, width=64, height=64)
    several = backend_for(recipe, lambda name: GreyBackend())
    session = several.begin(recipe, Inputs())
    several.step([session])
    sheet = several.picture(session)
    level = (sheet - 1).abs().amax(0) < 0.01  # white squares on paper
    edges = level.any(0).int().diff()
    assert int((edges == 1).sum()) == row


def test_a_batch_shares_steps_as_far_as_it_may() -> None:
    grey = GreyBackend()
    recipe = given(*"abcdefghij", steps=3)
    several = backend_for(recipe, lambda name: grey, batch=4)
    session = several.begin(recipe, Inputs())
    for _ in range(3):
        several.step([session])
    assert grey.batches == [4, 4, 2] * 3


def test_the_most_pictures_that_a_test_may_have_are_painted_as_one_job() -> None:
    subjects = [f"{name} {thing}" for name in ("a red", "a blue") for thing in ("hut", "cat", "car", "sea")]
    recipe, _ = to_measure(TRICK, subjects, 4, {"size": "32", "steps": "2"}, Limits(), whole_menu())
    several = backend_for(recipe, lambda name: GreyBackend())
    assert isinstance(several, ResumableSeveral)
    session = several.begin(recipe, Inputs())
    for _ in range(2):
        several.step([session])
    parts = several.parts(session)
    assert len(parts) == len({part.label for part in parts}) == 64
    assert max(several.picture(session).shape) <= 2048


def test_taken_up_again_it_ends_as_it_would_have(critics: Callable[[str, str], Critic]) -> None:
    recipe, _ = to_try(
        TRICK, "a red square", {"size": "32", "steps": "4", "seed": "7"}, Limits(), whole_menu()
    )
    backend = backend_for(recipe, lambda name: Pixels(critics=critics))
    assert isinstance(backend, Resumable)
    session = backend.begin(recipe, Inputs())
    for _ in range(2):
        backend.step([session])
    state = backend.save(session)
    again = backend.resume(recipe, Inputs(), state)
    for _ in range(2):
        backend.step([session])
        backend.step([again])
    assert torch.equal(backend.picture(session), backend.picture(again))
    other = recipe.model_copy(update={"variants": recipe.variants[::-1]})
    with pytest.raises(CannotResume, match="another recipe"):
        backend.resume(other, Inputs(), state)


def test_each_is_the_picture_that_its_own_recipe_paints(critics: Callable[[str, str], Critic]) -> None:
    plain = recipe_for("a red square", steps=2, width=32, height=32)
    words = (Phrase(text="a red square"), Phrase(text="frost"))
    variants = (
        Variant(label="without", phrases=plain.phrases, seed=plain.seed),
        Variant(label="with", phrases=words, seed=plain.seed),
    )
    pixels = Pixels(critics=critics)
    backend = backend_for(plain.model_copy(update={"variants": variants}), lambda name: pixels)
    session = backend.begin(plain.model_copy(update={"variants": variants}), Inputs())
    for _ in range(2):
        backend.step([session])
    without, with_ = backend.parts(session)  # type: ignore[attr-defined]
    assert without.recipe == plain
    for part in (without, with_):
        alone = pixels.begin(part.recipe, Inputs())
        for _ in range(2):
            pixels.step([alone])
        assert torch.equal(part.picture, pixels.picture(alone)), part.label
    assert not torch.equal(without.picture, with_.picture)


def test_room_counts_those_that_share_a_step_and_what_the_others_keep() -> None:
    room = DeviceRoom(residents.Residents("cpu"), lambda name: GreyBackend(), batch=4)
    works = [grey_recipe(), given(*"ab"), given(*"abcd"), given(*"abcdefgh")]
    one, two, four, eight = (
        room._work(recipe.model_copy(update={"width": 512, "height": 512})) for recipe in works
    )
    assert one < two < four < eight
    assert two - one == pytest.approx((four - two) / 2)
    assert eight - four == pytest.approx(4 * HELD * 170 * 512 * 512), "canvases without a step"


async def test_a_whole_test_goes_through_a_worker_and_every_picture_is_kept(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    recipe, trial = to_measure(
        TRICK, SUBJECTS[:2], 2, {"size": "32", "steps": "3", "seed": "7"}, Limits(), whole_menu()
    )
    async with worker_here(settings, grey):
        job = await client.submit(recipe, ADA, trial=trial)
        end = await ending(client, job.id)
    assert isinstance(end, Finished)
    record = await client.record(job.id)
    assert record.job.trial == trial
    assert [(part.label, part.step) for part in end.parts][:3] == [
        ("a castle in the fog, without, seed 7", 3),
        ("a castle in the fog, with frost, seed 7", 3),
        ("a castle in the fog, without, seed 8", 3),
    ]
    for part, variant in zip(end.parts, recipe.variants, strict=True):
        data = await client.fetch(part.picture)
        assert data is not None
        kept = read_recipe(data)
        assert kept is not None
        assert (kept.phrases, kept.seed, kept.variants) == (variant.phrases, variant.seed, ())
