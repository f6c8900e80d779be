"""Renders that change on their way, through a real Valkey: steered, lengthened, forked, taken over."""

from __future__ import annotations

import asyncio
import io

import pytest
from PIL import Image
from tests.fakes import GreyBackend, grey_recipe

from dreamconfig.settings import WorkerSettings
from dreamqueue.branches import extended, forked
from dreamqueue.client import QueueClient
from dreamqueue.errors import BadValue, PictureError, PromptError, TooLate
from dreamqueue.events import Painted, Turn
from dreamqueue.job import Failed, Finished, Stopped
from dreamqueue.png import read_recipe
from dreamqueue.recipe import Leg, Phrase, Recipe
from dreamrender.worker import attempt, paint

from .on_valkey import ADA, MO, ending, started, worker_here, worker_there

DOG = (Phrase(text="a dog"),)


async def turned(client: QueueClient, job: str, steps: int | None = None) -> Recipe:
    """The recipe as soon as a turn is on record (and has so many steps)."""
    async for _ in client.follow(job, tick=0.05):
        recipe = (await client.record(job)).turned
        if recipe is not None and steps in (None, recipe.steps):
            return recipe
    raise AssertionError("it ended before")


async def test_a_job_turns_to_other_words_on_its_way(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe("a cat", steps=400), ADA)
        await started(client, job.id, "here")
        assert await client.steer(job.id, DOG, MO)
        await turned(client, job.id)
        end = await ending(client, job.id)
    assert isinstance(end, Finished)
    png = await client.fetch(end.picture)
    assert png is not None
    cat, dog = read_recipe(png).phrases
    assert (cat.text, dog.text) == ("a cat", "a dog")
    assert isinstance(cat.weight, tuple)
    assert isinstance(dog.weight, tuple)
    assert 0 < cat.weight[0][0] < 1, "where the turn was taken"
    assert (cat.weight[-1][1], dog.weight[0][1], dog.weight[-1][1]) == (0, 0, 1)
    assert not await client.steer(job.id, DOG, MO), "too late"


async def test_a_waiting_job_is_painted_by_its_new_words(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    job = await client.submit(grey_recipe("a cat"), ADA)
    assert await client.steer(job.id, DOG, MO)
    assert await client.lengthen(job.id, 9, MO)
    async with worker_here(settings, grey):
        end = await ending(client, job.id)
    assert isinstance(end, Finished)
    png = await client.fetch(end.picture)
    assert png is not None
    assert read_recipe(png).phrases == DOG
    assert len(grey.batches) == 9


async def test_a_worker_that_takes_over_goes_the_turned_way(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    with worker_there(settings, "doomed") as doomed:
        job = await client.submit(grey_recipe("a cat", steps=1_000), ADA)
        await started(client, job.id, "doomed")
        await client.steer(job.id, DOG, MO)
        await client.lengthen(job.id, 1_001, MO)
        recipe = await turned(client, job.id, steps=1_001)
        doomed.kill()
    async with worker_here(settings, grey):
        await started(client, job.id, "here")
        assert (await client.record(job.id)).recipe == recipe
        await client.stop(job.id, ADA)
        end = await ending(client, job.id)
    assert isinstance(end, Stopped)
    png = await client.fetch(end.picture)
    assert png is not None
    assert read_recipe(png) == recipe


async def test_every_tenth_of_the_way_a_frame_is_kept(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe(steps=40), ADA)
        await ending(client, job.id)
    record = await client.record(job.id)
    assert sorted(record.kept) == [4, 8, 12, 16, 20, 24, 28, 32, 36]
    png = await client.fetch(record.kept[20])
    assert png is not None
    assert read_recipe(png) == job.recipe
    assert Image.open(io.BytesIO(png)).getpixel((0, 0)) == (128, 128, 128)


async def test_a_fork_begins_with_the_kept_frame(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe(steps=40), ADA)
        await ending(client, job.id)
    fork = await forked(client, job.id, 13, DOG)
    assert (fork.phrases, fork.steps, fork.seed) == (DOG, 40, job.recipe.seed)
    frame = await client.fetch(fork.image or "")
    assert frame is not None
    assert Image.open(io.BytesIO(frame)).getpixel((0, 0)) == (76, 76, 76), "step 12 of 40"
    last = await forked(client, job.id)
    assert last.phrases == job.recipe.phrases
    result = await client.fetch(last.image or "")
    assert result is not None
    assert Image.open(io.BytesIO(result)).getpixel((0, 0)) == (255, 255, 255)


async def test_a_fork_needs_a_frame(client: QueueClient) -> None:
    job = await client.submit(grey_recipe(), ADA)
    with pytest.raises(PictureError, match="no kept frame yet"):
        await forked(client, job.id)


async def test_an_ended_job_goes_on_for_longer(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        first = await client.submit(grey_recipe(steps=40), ADA)
        await ending(client, first.id)
        recipe, state, done = await extended(client, first.id, 20)
        assert (recipe.steps, recipe.legs, done) == (60, (Leg(until=40, steps=40),), 40)
        grey.batches.clear()
        second = await client.submit(recipe, MO, parent=first.id, state=state, done=done)
        assert second.cost < first.cost
        seen = [news.step async for news in client.follow(second.id) if isinstance(news, Painted)]
        assert isinstance(await ending(client, second.id), Finished)
    assert min(seen) > 40
    assert len(grey.batches) == 20


async def test_a_stopped_job_goes_on_too(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe(steps=20_000), ADA)
        await started(client, job.id, "here")
        await client.stop(job.id, ADA)
        end = await ending(client, job.id)
        assert isinstance(end, Stopped)
        recipe, state, done = await extended(client, job.id, 5, DOG)
        assert (recipe.steps, done) == (end.step + 5, end.step)
        assert [phrase.text for phrase in recipe.phrases] == ["a hut", "a dog"]
        more = await client.submit(recipe, ADA, parent=job.id, state=state, done=done)
        assert isinstance(await ending(client, more.id), Finished)


async def test_a_state_that_is_gone_is_said(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    small = settings.model_copy(update={"state_megabytes": 0.0})
    async with worker_here(small, grey):
        job = await client.submit(grey_recipe(), ADA)
        await ending(client, job.id)
        with pytest.raises(TooLate, match="state is not kept"):
            await extended(client, job.id, 20)
        lost = await client.submit(grey_recipe(steps=60), ADA, state="0" * 64)
        end = await ending(client, lost.id)
    assert isinstance(end, Failed)
    assert "not kept any more" in end.reason


async def test_a_turn_that_cannot_be_taken_is_noted(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe(steps=400), ADA)
        await started(client, job.id, "here")
        await client.lengthen(job.id, 1, MO)
        end = await ending(client, job.id)
    assert isinstance(end, Finished)
    assert any("more steps was not taken: It is at step" in note for note in end.notes)


async def test_nothing_is_made_longer_than_a_painting_may_be(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    job = await client.submit(grey_recipe(), ADA)
    with pytest.raises(BadValue, match="up to 2,000"):
        await client.lengthen(job.id, 2_001, MO)
    async with worker_here(settings, grey):
        await ending(client, job.id)
        with pytest.raises(BadValue, match="2,008 steps"):
            await extended(client, job.id, 2_000)


async def test_a_waiting_job_that_goes_on_keeps_its_past_when_it_is_steered(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        first = await client.submit(grey_recipe("a cat", steps=40), ADA)
        await ending(client, first.id)
        recipe, state, done = await extended(client, first.id, 20)
    more = await client.submit(recipe, ADA, state=state, done=done)
    await client.steer(more.id, DOG, MO)
    phrases = (await client.record(more.id)).recipe.phrases
    assert [phrase.text for phrase in phrases] == ["a cat", "a dog"]


async def test_a_stopped_job_that_goes_on_to_its_end_keeps_its_past_too(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        first = await client.submit(grey_recipe("a cat", steps=2_000), ADA)
        await started(client, first.id, "here")
        await client.stop(first.id, ADA)
        end = await ending(client, first.id)
    assert isinstance(end, Stopped)
    recipe, state, done = await extended(client, first.id, 2_000 - end.step)
    assert recipe == first.recipe
    more = await client.submit(recipe, ADA, state=state, done=done)
    await client.steer(more.id, DOG, MO)
    assert [phrase.text for phrase in (await client.record(more.id)).recipe.phrases] == ["a cat", "a dog"]


async def test_a_turn_that_comes_while_a_job_is_prepared_is_taken(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    preparing, told = asyncio.Event(), asyncio.Queue[object]()
    obey = paint.Painter.obey

    async def slow(*_: object) -> None:
        preparing.set()
        await told.get()
        await told.get()

    def obeyed(painter: paint.Painter, order: Turn) -> None:
        obey(painter, order)
        told.put_nowait(order)

    monkeypatch.setattr(attempt, "fetch_missing", slow)
    monkeypatch.setattr(paint.Painter, "obey", obeyed)
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe("a cat", steps=40), ADA)
        await preparing.wait()
        await client.steer(job.id, DOG, MO)
        await client.lengthen(job.id, 50, MO)
        await ending(client, job.id)
    recipe = (await client.record(job.id)).recipe
    assert recipe.steps == 50
    assert recipe.phrases[-1].text == "a dog"


async def test_several_pictures_are_not_turned_while_they_wait(client: QueueClient) -> None:
    job = await client.submit(grey_recipe(candidates=4), ADA)
    with pytest.raises(PromptError, match="several pictures"):
        await client.lengthen(job.id, 20, MO)
    with pytest.raises(PromptError, match="several pictures"):
        await client.steer(job.id, DOG, MO)


async def test_a_waiting_job_that_is_longer_costs_more(client: QueueClient) -> None:
    job = await client.submit(grey_recipe(steps=100), ADA)
    before = float(await client.redis.hget(f"dream:job:{job.id}", "cost") or 0)
    await client.lengthen(job.id, 1_000, MO)
    after = float(await client.redis.hget(f"dream:job:{job.id}", "cost") or 0)
    assert after == pytest.approx(10 * (before - 1000) + 1000), "all but the second for beginning"
