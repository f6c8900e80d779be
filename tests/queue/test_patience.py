"""A job for which no worker comes is taken out of the queue; a pause or a hold loses none, however long."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from tests.queue.on_the_queue import ADA, MO, PIXELS, PIXELS_LANE, VQGAN, asks, begins

from dreamconfig.settings import QueueSettings
from dreamqueue import controls, halts, keys
from dreamqueue.client import QueueClient
from dreamqueue.job import Expired, Halt
from dreamqueue.patience import length
from dreamqueue.sweep import sweep

HOUR = 3600.0


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[QueueClient]:
    client = await QueueClient.connect(QueueSettings(redis_url=SecretStr(redis_url)))
    yield client
    await client.close()


async def ages(client: QueueClient, *jobs: str, hours: float) -> None:
    """They came so much earlier."""
    for job in jobs:
        await client.redis.zincrby(keys.OPEN, -hours * HOUR * 1000, job)
        for key in (keys.record(job), keys.payload(job)):
            await client.redis.pexpire(key, round(await client.redis.pttl(key) - hours * HOUR * 1000))


async def has_stood(client: QueueClient, what: str, hours: float) -> None:
    """It was halted so much earlier."""
    halt = (await halts.halts(client.store))[what]
    halt = halt.model_copy(update={"since": halt.since - hours * HOUR})
    await client.redis.hset(keys.HALTS, what, halt.model_dump_json())  # type: ignore[misc]


async def was_held(client: QueueClient, job: str, hours: float) -> None:
    """A moderator has held it for so long."""
    await controls.hold(client.store, job, MO)
    held = (await client.record(job)).held
    assert held is not None
    held = held.model_copy(update={"since": held.since - hours * HOUR})
    await client.redis.hset(keys.record(job), "held", held.model_dump_json())  # type: ignore[misc]


async def expired(client: QueueClient, job: str) -> bool:
    """Whether it is, once somebody has swept."""
    await sweep(client, alone=0)
    return isinstance((await client.record(job)).ending, Expired)


@pytest.mark.parametrize("what", ["all", f"lane:{PIXELS_LANE}", "backend:pixels"])
async def test_a_pause_does_not_count(client: QueueClient, what: str) -> None:
    paused, other = await asks(client, (PIXELS, ADA), (VQGAN, ADA))
    await halts.halt(client.store, what, MO)
    await halts.halt(client.store, what, MO, "said again")
    await ages(client, paused, other, hours=90)
    await has_stood(client, what, hours=70)
    assert not await expired(client, paused)
    assert await expired(client, other) == (what != "all")
    assert await halts.lift(client.store, what)
    assert not await expired(client, paused), "it has waited for 20 hours only"
    await ages(client, paused, hours=5)
    assert await expired(client, paused)
    ending = (await client.record(paused)).ending
    assert isinstance(ending, Expired)
    assert ending.waited == pytest.approx(25 * HOUR, abs=5)


async def test_a_pause_that_ran_out_by_itself_does_not_count(client: QueueClient) -> None:
    (job,) = await asks(client, (PIXELS, ADA))
    await halts.halt(client.store, halts.ALL, MO, seconds=60)
    await ages(client, job, hours=50)
    halt = (await halts.halts(client.store))["all"]
    short = Halt(by=MO, since=halt.since - 50 * HOUR, until=halt.since - 10 * HOUR)
    await client.redis.hset(keys.HALTS, "all", short.model_dump_json())  # type: ignore[misc]
    assert not await expired(client, job)
    assert not await client.redis.exists(keys.HALTS)
    assert not await expired(client, job), "it is remembered after it is over"
    await ages(client, job, hours=15)
    assert await expired(client, job)


async def test_a_drain_or_a_worker_that_is_paused_loses_no_time(client: QueueClient) -> None:
    (job,) = await asks(client, (PIXELS, ADA))
    for what in (halts.DRAIN, "worker:w"):
        await halts.halt(client.store, what, MO)
        await has_stood(client, what, hours=30)
    await ages(client, job, hours=30)
    assert await expired(client, job)


async def test_a_hold_does_not_count_and_the_job_goes_on_afterwards(client: QueueClient) -> None:
    held, free = await asks(client, (PIXELS, ADA), (PIXELS, ADA))
    await was_held(client, held, hours=40)
    await ages(client, held, free, hours=50)
    assert not await expired(client, held)
    assert await expired(client, free)
    assert await controls.release(client.store, held)
    assert not await expired(client, held)
    assert await begins(client) == held
    assert (await client.store.begin(held, "w")).verdict == "go"


async def test_what_is_kept_back_outlives_its_keys(client: QueueClient) -> None:
    image = await client.keep(b"a picture to begin with")
    recipe = PIXELS.model_copy(update={"image": image})
    (job,) = await asks(client, (recipe, ADA))
    await was_held(client, job, hours=95)
    await ages(client, job, hours=96)
    for key in (keys.blob(image), keys.uses(image)):
        await client.redis.pexpire(key, 60_000)
    assert not await expired(client, job)
    for key in (keys.record(job), keys.payload(job), keys.blob(image), keys.uses(image)):
        assert await client.redis.ttl(key) > 70 * HOUR, key
    await controls.release(client.store, job)
    await client.redis.pexpire(keys.blob(image), 60_000)
    assert not await expired(client, job)
    assert await client.redis.ttl(keys.blob(image)) <= 60, "only what is kept back is kept on"


MOMENTS = st.integers(0, 20).map(float)


@given(st.lists(st.tuples(MOMENTS, MOMENTS)), MOMENTS, MOMENTS)
def test_the_length_of_spans_counts_each_moment_once(
    spans: list[tuple[float, float]], since: float, until: float
) -> None:
    moments = range(int(since), int(until))
    assert length(spans, since, until) == sum(
        any(first <= moment < last for first, last in spans) for moment in moments
    )
