"""The arq worker on a real Valkey: jobs end once, whoever dies."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PIL import Image
from pydantic import SecretStr
from tests.fakes import GreyBackend, grey_recipe

from dreamconfig.settings import WorkerSettings
from dreamqueue import keys, workers
from dreamqueue.client import QueueClient
from dreamqueue.events import Ended, Painted, Started
from dreamqueue.job import Cancelled, Failed, Finished, Owner, Stopped
from dreamqueue.places import cost_kind
from dreamqueue.png import read_recipe
from dreamrender.worker.run import run_worker

ROOT = Path(__file__).resolve().parents[2]
ADA, MO = Owner(id="1", name="Ada"), Owner(id="9", name="Mo")


@pytest.fixture
def settings(redis_url: str) -> WorkerSettings:
    return WorkerSettings(
        redis_url=SecretStr(redis_url), worker_name="here", device="cpu", frame_seconds=0.001, job_timeout=60
    )


@pytest.fixture
async def client(settings: WorkerSettings) -> AsyncIterator[QueueClient]:
    client = await QueueClient.connect(settings)
    yield client
    await client.close()


@pytest.fixture
def grey() -> Iterator[GreyBackend]:
    grey = GreyBackend(seconds_per_step=0.002)
    yield grey
    grey.gate.set()


@contextlib.asynccontextmanager
async def worker_here(settings: WorkerSettings, grey: GreyBackend) -> AsyncIterator[asyncio.Task[None]]:
    """A worker in this process."""
    ready = asyncio.Event()
    task = asyncio.create_task(run_worker(settings, load=lambda name: grey, backends=["pixels"], ready=ready))
    await ready.wait()
    try:
        yield task
    finally:
        grey.gate.set()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.contextmanager
def worker_there(settings: WorkerSettings, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A slow worker in a process of its own."""
    folders = ["bot", "render", "queue", "config", "practice", "cli", "."]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in folders)}
    command = [sys.executable, "-m", "tests.slow_worker", settings.redis_url.get_secret_value(), name]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


async def started(client: QueueClient, job: str, worker: str) -> None:
    """Returns when `worker` paints the job."""
    async for news in client.follow(job, tick=0.2):
        if isinstance(news, Painted) and (await client.record(job)).worker == worker:
            return
    raise AssertionError("it ended before")


async def ending(client: QueueClient, job: str) -> object:
    async for news in client.follow(job, tick=0.2):
        if isinstance(news, Ended):
            return news.ending
    raise AssertionError("no end")


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
    assert await client.redis.keys("arq:*") in ([], [b"arq:lane:clip:health-check"])
    assert await client.store.open_jobs() == []


async def test_a_grid_is_one_sheet_and_each_picture_is_kept(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    recipe = grey_recipe("a {snail,penguin} made of {harp,piano}", steps=6)
    async with worker_here(settings, grey):
        job = await client.submit(recipe, ADA)
        end = await ending(client, job.id)
        assert isinstance(end, Finished)
        sheet = await client.fetch(end.picture)
        assert sheet is not None
        assert read_recipe(sheet) == recipe
        assert min(Image.open(io.BytesIO(sheet)).size) > 2 * 32
        assert [(part.label, part.step) for part in end.parts] == [
            ("snail, harp", 6),
            ("snail, piano", 6),
            ("penguin, harp", 6),
            ("penguin, piano", 6),
        ]
        for part in end.parts:
            data = await client.fetch(part.picture)
            assert data is not None
            assert read_recipe(data) == part.recipe
            assert Image.open(io.BytesIO(data)).size == (32, 32)
        a_step = await client.store.cost(cost_kind(recipe))
        assert a_step == pytest.approx(end.seconds / 24, rel=1e-3), "all its pictures' steps were counted"


async def test_candidates_end_as_the_best_one_beside_their_ranking(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe(steps=10, candidates=3), ADA)
        end = await ending(client, job.id)
        assert isinstance(end, Finished)
        assert [(part.recipe.seed, part.step) for part in end.parts] == [(7, 10), (8, 2), (9, 2)]
        assert "ranked after 2 of 10 steps" in end.notes[0]
        picture, ranking, gif = [
            await client.fetch(key)
            for key in (end.picture, end.extras["candidates.png"], end.animation or "")
        ]
        assert picture is not None
        assert ranking is not None
        assert gif is not None
        assert Image.open(io.BytesIO(picture)).size == (32, 32)
        assert Image.open(io.BytesIO(gif)).size == (32, 32), "the grid's frames are fitted into the last one"
        assert min(Image.open(io.BytesIO(ranking)).size) > 32


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
        assert (card.name, card.backends, card.lanes) == ("here", ("pixels",), ("clip",))
    assert await workers.awake(client.redis) == []
