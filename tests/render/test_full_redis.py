"""A worker whose Redis is full, or takes no writes for a while: each job ends, or says why it has to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis
from tests.fakes import GreyBackend, grey_recipe

from dreamconfig.settings import WorkerSettings
from dreamqueue import keys
from dreamqueue.client import QueueClient
from dreamqueue.job import Failed, Finished
from dreamqueue.store import JobStore
from dreamrender.engine import Engine
from dreamrender.worker.paint import Painter
from dreamrender.worker.run import run_worker

from .on_valkey import ADA, ending, started, worker_here


@pytest.fixture
async def engine(grey: GreyBackend) -> AsyncIterator[Engine]:
    engine = Engine(lambda name: grey, frame_seconds=0.001)
    engine.start()
    yield engine
    grey.gate.set()
    await asyncio.to_thread(engine.close)


class Watched(JobStore):
    """Says when a picture was not taken."""

    def __init__(self, redis: object) -> None:
        super().__init__(redis)  # type: ignore[arg-type]
        self.refused = asyncio.Event()

    async def keep(self, data: bytes) -> str:
        try:
            return await super().keep(data)
        except redis.exceptions.OutOfMemoryError:
            self.refused.set()
            raise


async def test_a_picture_for_which_there_is_no_room_ends_its_job_with_the_reason(
    client: QueueClient, engine: Engine, grey: GreyBackend, server: redis.Redis
) -> None:
    painter = Painter("here", client.store, engine, job_timeout=60)
    painter.keeper.full_seconds = 0.4
    job = await client.submit(grey_recipe(), ADA)
    server.config_set("maxmemory", 1)
    began = time.monotonic()
    await painter.paint({}, job.id)
    assert time.monotonic() - began < 10
    end = (await client.record(job.id)).ending
    assert isinstance(end, Failed)
    assert "no room to keep the picture" in end.reason
    assert await client.store.open_jobs() == []
    assert not server.exists(keys.frame(job.id)), "frames are not kept in the last room there is"


async def test_a_picture_that_its_place_does_not_take_is_not_called_a_full_store(
    settings: WorkerSettings,
    engine: Engine,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    place = tmp_path / "album"
    place.write_text("no folder")
    client = await QueueClient.connect(settings.model_copy(update={"album": str(place)}))
    painter = Painter("here", client.store, engine, job_timeout=60)
    painter.keeper.full_seconds = 0.4
    job = await client.submit(grey_recipe(), ADA)
    await painter.paint({}, job.id)
    end = (await client.record(job.id)).ending
    await client.close()
    assert isinstance(end, Failed)
    assert "could not be kept" in end.reason
    assert "full" not in end.reason
    assert str(place) not in end.reason
    assert str(place) in caplog.text


async def test_a_worker_begins_when_its_album_can_be_used(
    settings: WorkerSettings, grey: GreyBackend, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place = tmp_path / "album"
    place.write_text("no folder")
    with_album = settings.model_copy(update={"album": str(place)})
    ready = asyncio.Event()
    worker = asyncio.create_task(
        run_worker(with_album, load=lambda name: grey, backends=["pixels"], ready=ready)
    )
    try:
        async with asyncio.timeout(20):
            while "the album at DREAM_ALBUM cannot be used" not in caplog.text:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            assert str(place) in caplog.text
            place.unlink()
            await ready.wait()
    finally:
        worker.cancel()
        await asyncio.wait([worker])


async def test_a_picture_waits_for_room(
    client: QueueClient, engine: Engine, grey: GreyBackend, server: redis.Redis
) -> None:
    store = Watched(client.redis)
    painter = Painter("here", store, engine, job_timeout=60)
    job = await client.submit(grey_recipe(steps=1), ADA)
    server.config_set("maxmemory", 1)
    painting = asyncio.create_task(painter.paint({}, job.id))
    await store.refused.wait()
    server.config_set("maxmemory", 0)
    await painting
    end = (await client.record(job.id)).ending
    assert isinstance(end, Finished)
    assert await client.fetch(end.picture)


async def test_a_worker_that_goes_while_redis_is_full_hands_its_job_over(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend, server: redis.Redis
) -> None:
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe(steps=20_000), ADA)
        await started(client, job.id, "here")
        server.config_set("maxmemory", 1)
    assert (await client.record(job.id)).tries == 0
    assert server.exists(keys.lease(job.id)) == 0


async def test_a_worker_outlives_a_redis_that_takes_no_writes(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend, server: redis.Redis
) -> None:
    async with worker_here(settings, grey) as worker:
        first = await client.submit(grey_recipe(steps=20_000), ADA)
        await started(client, first.id, "here")
        server.replicaof("127.0.0.1", "1")
        done = len(grey.batches)
        async with asyncio.timeout(10):
            while len(grey.batches) < done + 500:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert not worker.done()
        server.replicaof("NO", "ONE")
        await client.stop(first.id, ADA)
        await ending(client, first.id)
        second = await client.submit(grey_recipe(), ADA)
        assert isinstance(await ending(client, second.id), Finished)
