"""Choosing among candidates while they are tried: in a session, through a worker, and after one died."""

from __future__ import annotations

import asyncio
import io

import pytest
from PIL import Image
from tests.bot.scripted_worker import ScriptedWorker
from tests.fakes import GreyBackend, grey_recipe

from dreamconfig.settings import WorkerSettings
from dreamqueue.choosing import chosen
from dreamqueue.client import QueueClient
from dreamqueue.errors import BadValue, TooLate
from dreamqueue.events import Painted
from dreamqueue.job import Ending, Finished
from dreamqueue.png import read_recipe
from dreamqueue.recipe import Recipe
from dreamrender.backend import HasChoice, Inputs
from dreamrender.several import Several, backend_for

from .on_valkey import ADA, MO, ending, worker_here
from .test_several import LuckyBackend, begun, run

TRIED = grey_recipe(steps=40, candidates=4, trial=0.5)
"""Seeds 7 to 10, for twenty steps each."""


def test_the_chosen_one_goes_on_when_all_were_tried() -> None:
    several, session = begun(LuckyBackend(), TRIED)
    assert isinstance(several, HasChoice)
    run(several, session, 5)
    several.choose(session, 3)
    several.choose(session, 2)
    run(several, session, 14)
    assert several.chosen(session) is None, "the trial is not over"
    run(several, session, 1)
    one = several.chosen(session)
    assert one is not None
    assert (one.number, one.session.recipe, one.session.step) == (2, grey_recipe(steps=40, seed=8), 20)
    assert [(part.recipe.seed, part.step) for part in one.others] == [(7, 20), (9, 20), (10, 20)]
    assert one.note.startswith("4 candidates, tried for 20 of 40 steps; number 2 was chosen: 4: seed 10")
    assert read_recipe(one.extras["candidates.png"]) == TRIED


def test_the_best_goes_on_at_once_and_alone() -> None:
    recipe = TRIED.model_copy(update={"finish": 3})
    several, session = begun(LuckyBackend(), recipe)
    with pytest.raises(TooLate, match="Nothing has been tried"):
        several.choose(session, None)
    run(several, session, 3)
    several.choose(session, None)
    one = several.chosen(session)
    assert one is not None
    assert (one.number, one.session.recipe.seed, one.session.step) == (4, 10, 3)
    assert "the best, 4, goes on" in one.note


def test_there_is_a_time_for_it() -> None:
    several, session = begun(LuckyBackend(), TRIED)
    run(several, session, 20)
    for pick in (1, None):
        with pytest.raises(TooLate, match="tried already"):
            several.choose(session, pick)
    grid = backend_for(grey_recipe("{a,b}"), lambda name: LuckyBackend())
    assert isinstance(grid, Several)
    with pytest.raises(Exception, match="no candidates"):
        grid.choose(grid.begin(grey_recipe("{a,b}"), Inputs()), 1)


async def tried(client: QueueClient, recipe: Recipe) -> str:
    """A job whose candidates are being tried."""
    job = await client.submit(recipe, ADA)
    async for news in client.follow(job.id, tick=0.2):
        if isinstance(news, Painted):
            return job.id
    raise AssertionError("it ended before")


async def picture(client: QueueClient, end: Ending) -> bytes:
    assert isinstance(end, Finished)
    data = await client.fetch(end.picture)
    assert data is not None
    return data


async def test_a_worker_lets_the_chosen_one_go_on_and_its_recipe_paints_it_again(
    client: QueueClient, settings: WorkerSettings
) -> None:
    grey = LuckyBackend()
    grey.gate.clear()
    async with worker_here(settings, grey):
        job = await client.submit(TRIED, ADA)
        await _begun(client, job.id)
        assert await client.choose(job.id, 1, MO)
        assert await client.choose(job.id, 2, MO)
        assert await client.choose(job.id, 2, MO)
        record = await client.record(job.id)
        assert len(record.asked) == 2, "what is said twice stands there once"
        choice = chosen(record)
        assert choice is not None
        assert (choice.pick, choice.by) == (2, MO)
        grey.gate.set()
        end = await ending(client, job.id)
        record = await client.record(job.id)
        assert record.recipe == grey_recipe(steps=40, seed=8)
        assert record.asked == {}
        assert isinstance(end, Finished)
        assert [(part.recipe.seed, part.step) for part in end.parts] == [(7, 20), (8, 40), (9, 20), (10, 20)]
        assert "number 2 was chosen" in end.notes[0]
        assert "candidates.png" in end.extras
        data = await picture(client, end)
        assert read_recipe(data) == record.recipe
        assert Image.open(io.BytesIO(data)).size == (32, 32)
        assert end.state is not None, "so it can be made longer"
        again = await client.submit(read_recipe(data), ADA)
        assert await picture(client, await ending(client, again.id)) == data
        with pytest.raises(TooLate, match="chosen already"):
            await client.choose(job.id, 1, MO)


async def _begun(client: QueueClient, job: str) -> None:
    async for _ in client.follow(job, tick=0.02):
        if (await client.record(job)).worker:
            return


async def test_the_best_by_clip_ends_the_trial(client: QueueClient, settings: WorkerSettings) -> None:
    lucky = LuckyBackend()
    lucky.seconds_per_step = 0.005
    async with worker_here(settings, lucky):
        job = await tried(client, grey_recipe(steps=200, candidates=3, trial=1.0))
        assert await client.choose(job, None, MO)
        end = await ending(client, job)
    assert isinstance(end, Finished)
    steps = [part.step for part in end.parts]
    assert steps[2] == 200
    assert steps[0] == steps[1] < 200
    assert (await client.record(job)).recipe.seed == 9


async def test_a_choice_lives_through_its_workers_death(
    client: QueueClient, settings: WorkerSettings
) -> None:
    doomed = ScriptedWorker(client)
    job = await client.submit(grey_recipe(steps=30, candidates=3, trial=0.9), ADA)
    await doomed.begin(job)
    assert await client.choose(job.id, 2, MO)
    assert await client.store.hand_over(job.id, doomed.holder or "", counted=True)
    async with worker_here(settings, GreyBackend()):
        end = await ending(client, job.id)
    assert isinstance(end, Finished)
    assert (await client.record(job.id)).recipe == grey_recipe(steps=30, seed=8)
    assert read_recipe(await picture(client, end)).seed == 8


async def test_whoever_takes_over_goes_on_with_the_chosen_one(
    client: QueueClient, settings: WorkerSettings
) -> None:
    grey = GreyBackend(seconds_per_step=0.01)
    async with worker_here(settings, grey):
        job = await tried(client, grey_recipe(steps=300, candidates=3, trial=1.0))
        assert await client.choose(job, None, MO)
        async for _ in client.follow(job, tick=0.05):
            if (await client.record(job)).turned is not None:
                break
    async with worker_here(settings, GreyBackend()):
        end = await ending(client, job)
    record = await client.record(job)
    assert isinstance(end, Finished)
    assert record.recipe == grey_recipe(steps=300)
    assert record.resumed > 0
    assert any("the best, 1, goes on" in note for note in end.notes)
    assert read_recipe(await picture(client, end)) == record.recipe


async def test_the_choice_is_saved_at_once_with_the_chosen_one(
    client: QueueClient, settings: WorkerSettings
) -> None:
    grey = GreyBackend(seconds_per_step=0.005)
    async with worker_here(settings.model_copy(update={"checkpoint_seconds": 1000.0}), grey):
        job = await tried(client, grey_recipe(steps=1000, candidates=2, trial=1.0))
        assert await client.choose(job, None, MO)
        async with asyncio.timeout(10):
            while (saved := (await client.record(job)).checkpoint) is None:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        record = await client.record(job)
        state = await client.fetch(saved.name)
        assert await client.cancel(job, ADA)
    assert record.recipe == grey_recipe(steps=1000)
    assert any("the best, 1, goes on" in note for note in saved.notes)
    assert state is not None
    assert grey.resume(record.recipe, Inputs(), state).step == saved.step < 1000


async def test_what_waits_need_not_try_the_others(client: QueueClient) -> None:
    job = await client.submit(TRIED, ADA)
    with pytest.raises(TooLate, match="no best one"):
        await client.choose(job.id, None, MO)
    with pytest.raises(BadValue, match="there are 4 candidates"):
        await client.choose(job.id, 5, MO)
    assert await client.choose(job.id, 4, MO)
    assert (await client.record(job.id)).recipe == grey_recipe(steps=40, seed=10)
    plain = await client.submit(grey_recipe(), ADA)
    with pytest.raises(TooLate, match="no candidates"):
        await client.choose(plain.id, 1, MO)
    await client.cancel(job.id, ADA)
    with pytest.raises(TooLate):
        await client.choose(job.id, 1, MO)
