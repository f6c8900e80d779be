"""Who has a job: a worker that lost one lets go of it, and one that has painted takes the next at once."""

from __future__ import annotations

import asyncio

import pytest
from tests.fakes import GreyBackend, grey_recipe
from tests.render.on_valkey import ADA, client, ending, grey, settings, started, worker_here

from dreamconfig.settings import WorkerSettings
from dreamqueue import keys, workers
from dreamqueue.client import QueueClient
from dreamqueue.job import Cancelled, Finished, JobState
from dreamqueue.needs import needs_of
from dreamqueue.store import JobStore
from dreamqueue.wire import WIRE

__all__ = ["client", "grey", "settings"]


async def until(client: QueueClient, *painting: str) -> None:
    """Returns when the worker says that it paints these."""
    while [card.painting for card in await workers.awake(client.redis)] != [painting]:  # noqa: ASYNC110
        await asyncio.sleep(0.02)


async def test_a_worker_that_lost_a_job_lets_go_of_it_and_harms_nothing(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe(steps=20_000), ADA)
        await started(client, job.id, "here")
        taken = await client.store.begin(job.id, "another")
        await client.redis.set(keys.lease(job.id), b"1", px=60_000)
        assert taken.verdict == "go"
        await until(client)
        record = await client.record(job.id)
        assert (record.state, record.worker) == (JobState.painting, "another")
        assert await client.redis.exists(keys.lease(job.id), keys.payload(job.id)) == 2
        assert await client.redis.zscore(keys.lane(job.lane), job.id) is not None
        assert await client.store.finish(job.id, Finished(picture="the other's"), taken.holder)
        after = await client.submit(grey_recipe(), ADA)
        assert isinstance(await ending(client, after.id), Finished), "its slot is free again"


async def test_a_record_that_vanished_is_not_painted_on(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    async with worker_here(settings, grey):
        job = await client.submit(grey_recipe(steps=20_000), ADA)
        await started(client, job.id, "here")
        await client.redis.flushall()
        await until(client)
        after = await client.submit(grey_recipe(), ADA)
        assert isinstance(await ending(client, after.id), Finished)


async def test_the_next_job_begins_while_the_last_one_is_stored(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, keep = asyncio.Event(), JobStore.keep

    async def slow_keep(self: JobStore, data: bytes) -> str:
        await stored.wait()
        return await keep(self, data)

    async with worker_here(settings, grey):
        monkeypatch.setattr(JobStore, "keep", slow_keep)
        first = await client.submit(grey_recipe(steps=2), ADA)
        second = await client.submit(grey_recipe(steps=20_000), ADA)
        await started(client, second.id, "here")
        assert (await client.record(first.id)).state is JobState.painting
        stored.set()
        assert isinstance(await ending(client, first.id), Finished)
        await client.cancel(second.id, ADA)
        assert isinstance(await ending(client, second.id), Cancelled)


async def test_a_worker_leaves_what_it_cannot_read_or_do(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    newer = needs_of(grey_recipe(), ADA.id).model_copy(update={"version": WIRE + 1})
    job = await client.submit(grey_recipe(), ADA)
    await client.redis.hset(keys.LANES, job.lane, newer.model_dump_json())  # type: ignore[misc]
    far = await client.submit(grey_recipe(backend="vqgan", preset="pocket"), ADA)
    async with worker_here(settings, grey, backends=["pixels", "siren"]):
        near = await client.submit(grey_recipe(backend="siren"), ADA)
        assert isinstance(await ending(client, near.id), Finished)
    assert {(await client.record(one.id)).state for one in (job, far)} == {JobState.waiting}
