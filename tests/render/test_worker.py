"""The arq worker on a real Valkey: jobs end once, whoever dies."""

from __future__ import annotations

import io
import signal
import time

import pytest
from PIL import Image
from tests.fakes import GreyBackend, grey_recipe

from dreamconfig.settings import WorkerSettings
from dreamqueue import keys, workers
from dreamqueue.client import QueueClient
from dreamqueue.events import Ended, Started
from dreamqueue.job import Cancelled, Failed, Finished, Stopped
from dreamqueue.png import read_recipe

from .on_valkey import ADA, MO, ending, started, worker_here, worker_there


async def test_a_job_is_painted_and_its_picture_carries_the_recipe(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    recipe = grey_recipe(steps=40)
    async with worker_here(settings, grey):
        job = await client.submit(recipe, ADA)
        heard = [news async for news in client.follow(job.id)]
        assert isinstance(next(news for news in heard if news.kind != "queued"), Started)
        end = heard[-1]
        assert isinstance(end, Ended)
        assert isinstance(end.ending, Finished)
        assert end.ending.score == 1
        png = await client.fetch(end.ending.picture)
        assert png is not None
        assert read_recipe(png) == recipe
        assert Image.open(io.BytesIO(png)).size == (32, 32)
        gif = await client.fetch(end.ending.animation or "")
        assert gif is not None
        assert getattr(Image.open(io.BytesIO(gif)), "n_frames", 1) > 10
        assert await client.store.cost("pixels::pocket:32x32") is not None
    assert all(key.endswith(b":health-check") for key in await client.redis.keys("arq:*"))
    assert await client.store.open_jobs() == []


async def test_cancel_while_it_is_painted(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe(steps=20_000), ADA)
        await started(client, job.id, "here")
        assert await client.cancel(job.id, MO)
        assert await ending(client, job.id) == Cancelled(by=MO)
        after = await client.submit(grey_recipe(), ADA)
        assert isinstance(await ending(client, after.id), Finished), "the slot is free again"


async def test_stop_keeps_the_picture(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe(steps=20_000), ADA)
        await started(client, job.id, "here")
        await client.stop(job.id, ADA)
        end = await ending(client, job.id)
        assert isinstance(end, Stopped)
        assert end.by == ADA
        assert await client.fetch(end.picture) is not None


async def test_lanes_share_the_slots(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    """What the engine cannot begin yet stays in the queue, where it has a place and other workers see it."""
    grey.gate.clear()
    async with worker_here(settings, grey, ["pixels", "diffusion"]):
        first = await client.submit(grey_recipe(), ADA)
        async for news in client.follow(first.id, tick=0.2):
            if isinstance(news, Started):
                break
        second = await client.submit(grey_recipe(backend="diffusion"), MO)
        waiting = client.follow(second.id, tick=0.2)
        seen = [(await anext(waiting)).kind for _ in range(5)]
        assert set(seen) == {"queued"}, "for a second, twenty looks of arq's"
        grey.gate.set()
        assert isinstance(await ending(client, second.id), Finished)
        assert isinstance(await ending(client, first.id), Finished)


async def test_what_breaks_is_told_with_an_incident_and_frees_the_slot(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend, caplog: pytest.LogCaptureFixture
) -> None:
    async with worker_here(settings, grey):
        broken = await client.submit(grey_recipe("a broken thing"), ADA)
        end = await ending(client, broken.id)
        assert isinstance(end, Failed)
        assert end.incident is not None
        assert end.incident in caplog.text
        assert "on purpose" not in end.reason
        after = await client.submit(grey_recipe(), ADA)
        assert isinstance(await ending(client, after.id), Finished)


async def test_a_job_that_takes_too_long_fails_and_says_so(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    hasty = settings.model_copy(update={"job_timeout": 0.3})
    async with worker_here(hasty, grey):
        job = await client.submit(grey_recipe(steps=20_000, width=512, height=512), ADA)
        end = await ending(client, job.id)
    assert isinstance(end, Failed)
    assert "longer than 0.3 seconds" in end.reason


async def test_a_forgotten_initial_picture_is_said(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe(image="0" * 64), ADA)
        end = await ending(client, job.id)
    assert isinstance(end, Failed)
    assert "attach it again" in end.reason


async def test_a_worker_that_is_told_to_go_hands_its_job_over(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    for _ in range(3):
        async with worker_here(settings, grey):
            jobs = await client.store.open_jobs()
            job = jobs[0] if jobs else (await client.submit(grey_recipe(steps=20_000), ADA)).id
            await started(client, job, "here")
    assert (await client.record(job)).ending is None, "three restarts are not three failed tries"
    async with worker_here(settings.model_copy(update={"worker_name": "next"}), grey):
        await started(client, job, "next")
        await client.stop(job, ADA)
        assert isinstance(await ending(client, job), Stopped)


async def test_a_killed_workers_job_is_repainted_by_another_within_five_seconds(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    with worker_there(settings, "doomed") as doomed:
        job = await client.submit(grey_recipe(steps=100), ADA)
        await started(client, job.id, "doomed")
        async with worker_here(settings, grey):
            doomed.send_signal(signal.SIGKILL)
            killed = time.monotonic()
            end = await ending(client, job.id)
            assert time.monotonic() - killed < 5
    assert isinstance(end, Finished)
    record = await client.record(job.id)
    assert (record.worker, record.tries) == ("here", 2)
    ends = [fields for _, fields in await client.redis.xrange(keys.NEWS) if b'"ended"' in fields[b"news"]]
    assert len(ends) == 1


async def test_a_job_that_ends_two_workers_is_set_aside(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    job = await client.submit(grey_recipe(steps=1_000), ADA)
    for name in ("first", "second"):
        with worker_there(settings, name) as doomed:
            await started(client, job.id, name)
            doomed.send_signal(signal.SIGKILL)
    async with worker_here(settings, grey):
        end = await ending(client, job.id)
    assert isinstance(end, Failed)
    assert "ended 2 workers" in end.reason


async def test_a_worker_shows_its_card_while_it_lives(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        (card,) = await workers.awake(client.redis)
        assert (card.name, card.backends, card.mode) == ("here", ("pixels",), "serving")
    assert await workers.awake(client.redis) == []
