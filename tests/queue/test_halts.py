"""What moderators halt: a worker's pick honours it, members are told, and it ends when it was said to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from tests.queue.on_the_queue import (
    ADA,
    BO,
    MO,
    PIXELS,
    PIXELS_LANE,
    VQGAN,
    VQGAN_LANE,
    asks,
    begins,
    picks,
    wakes,
)

from dreamconfig.settings import QueueSettings
from dreamqueue import halts, keys
from dreamqueue.client import QueueClient
from dreamqueue.errors import DreamError, QueueDrains
from dreamqueue.overview import look
from dreamqueue.sweep import sweep


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[QueueClient]:
    client = await QueueClient.connect(QueueSettings(redis_url=SecretStr(redis_url)))
    yield client
    await client.close()


async def run_out(client: QueueClient, what: str) -> None:
    """Its time is over."""
    halt = (await halts.halts(client.store))[what].model_copy(update={"until": 1.0})
    await client.redis.hset(keys.HALTS, what, halt.model_dump_json())  # type: ignore[misc]


async def test_a_paused_queue_begins_nothing_and_goes_on_where_it_was(client: QueueClient) -> None:
    first, second, third = await asks(client, (PIXELS, ADA), (VQGAN, BO), (PIXELS, MO))
    assert await begins(client) == first
    assert await halts.halt(client.store, halts.ALL, MO, "upgrade")
    assert await begins(client) is None
    assert (await client.record(first)).state == "painting", "what is being painted goes on"
    later = (await client.submit(PIXELS, ADA)).id
    assert await halts.lift(client.store, halts.ALL)
    assert [await begins(client) for _ in range(4)] == [second, third, later, None]


@pytest.mark.parametrize(
    ("what", "taken"),
    [(f"lane:{PIXELS_LANE}", "vqgan"), ("backend:vqgan", "pixels"), ("worker:w", None)],
)
async def test_a_lane_a_backend_or_a_worker_is_paused_alone(
    client: QueueClient, what: str, taken: str | None
) -> None:
    pixels, vqgan = await asks(client, (PIXELS, ADA), (VQGAN, BO))
    await halts.halt(client.store, what, MO)
    expected = {"vqgan": [vqgan, None], "pixels": [pixels, None], None: [None, None]}[taken]
    assert [await begins(client), await begins(client)] == expected
    left = [job for job in (pixels, vqgan) if job not in expected]
    if what == "worker:w":
        assert await picks(client, "another") == left[0]
    else:
        await halts.lift(client.store, what)
        assert await begins(client) == left[0]


async def test_a_pause_between_pick_and_begin_counts_no_try(client: QueueClient) -> None:
    (job,) = await asks(client, (PIXELS, ADA))
    assert await picks(client) == job
    await halts.halt(client.store, halts.ALL, MO)
    assert (await client.store.begin(job, "w")).verdict == "later"
    await halts.lift(client.store, halts.ALL)
    assert await begins(client) == job
    assert (await client.record(job)).tries == 1


async def test_pauses_while_many_pick_begin_nothing_after_their_answer(client: QueueClient) -> None:
    await asks(client, *[(PIXELS, ADA)] * 9)
    paused = False
    late = []

    async def works(name: str) -> None:
        for _ in range(8):
            job = await picks(client, name)
            after = paused
            if job is not None and (await client.store.begin(job, name)).verdict == "go" and after:
                late.append(job)

    async def pauses() -> None:
        nonlocal paused
        await halts.halt(client.store, halts.ALL, MO)
        paused = True

    await asyncio.gather(*(works(f"w{number}") for number in range(4)), pauses())
    assert late == []
    assert await begins(client) is None


async def test_a_pause_ends_by_itself_and_is_forgotten(client: QueueClient) -> None:
    (job,) = await asks(client, (PIXELS, ADA))
    await halts.halt(client.store, halts.ALL, MO, seconds=60)
    assert await begins(client) is None
    await run_out(client, halts.ALL)
    assert await halts.halts(client.store) == {}
    assert await begins(client) == job
    assert not await client.redis.exists(keys.HALTS)


async def test_twice_is_once(client: QueueClient) -> None:
    assert await halts.halt(client.store, halts.ALL, MO, "one")
    assert not await halts.halt(client.store, halts.ALL, ADA, "two", seconds=60)
    (halt,) = (await halts.halts(client.store)).values()
    assert (halt.by, halt.why, halt.until is None) == (ADA, "two", False)
    assert await halts.lift(client.store, halts.ALL)
    assert not await halts.lift(client.store, halts.ALL)


async def test_a_halt_is_kept_as_long_as_workers_ask(client: QueueClient) -> None:
    await halts.halt(client.store, "backend:vqgan", MO)
    await client.redis.pexpire(keys.HALTS, 86_400_000)
    await begins(client)
    assert await client.redis.ttl(keys.HALTS) > 80 * 86_400


async def test_a_drained_queue_lets_nothing_in_and_paints_what_is_there(client: QueueClient) -> None:
    (job,) = await asks(client, (PIXELS, ADA))
    await halts.halt(client.store, halts.DRAIN, MO, "closing for tonight")
    with pytest.raises(QueueDrains, match=r"takes no new pictures .* The reason: closing for tonight"):
        await client.submit(PIXELS, BO)
    assert await client.store.open_jobs() == [job]
    assert await begins(client) == job
    await run_out(client, halts.DRAIN)
    assert await client.submit(PIXELS, BO)


async def test_who_waits_is_told_that_moderators_paused_it(client: QueueClient) -> None:
    await wakes(client, "w", "pixels")
    await wakes(client, "v", "vqgan")
    pixels, vqgan = await asks(client, (PIXELS, ADA), (VQGAN, BO))
    place = await client.place(pixels)
    assert place is not None
    assert place.starts_in is not None
    for what in (f"lane:{PIXELS_LANE}", "backend:pixels", "worker:w", halts.ALL):
        await halts.halt(client.store, what, MO, "upgrade")
        client.outlooks._at = float("-inf")
        place = await client.place(pixels)
        assert place is not None
        assert (place.starts_in, place.halt) == (None, "paused"), what
        assert place.why == "the queue is paused by moderators (upgrade)"
        other = await client.place(vqgan)
        assert other is not None
        assert (other.starts_in is None) == (what == halts.ALL), what
        await halts.lift(client.store, what)
    client.outlooks._at = float("-inf")
    place = await client.place(pixels)
    assert place is not None
    assert place.starts_in is not None


@pytest.mark.parametrize("written", ["", "{", "[]", "7", '"x"', "null", '{"until": "soon"}'])
async def test_what_is_no_halt_holds_up_nobody(client: QueueClient, written: str) -> None:
    (job,) = await asks(client, (PIXELS, ADA))
    await client.redis.hset(keys.HALTS, "worker:x", written)  # type: ignore[misc]
    assert await halts.halts(client.store) == {}
    assert await begins(client) == job


async def test_names_are_found_or_proposed(client: QueueClient) -> None:
    await wakes(client, "attic", "pixels")
    await asks(client, (PIXELS, ADA))
    names = {what: await halts.name_of(client.store, what) for what in ("", "pixels", "attic", PIXELS_LANE)}
    assert names == {
        "": "all",
        "pixels": "backend:pixels",
        "attic": "worker:attic",
        PIXELS_LANE: f"lane:{PIXELS_LANE}",
    }
    with pytest.raises(DreamError, match=f"`cellar`. There are: `pixels`, `{PIXELS_LANE}`, `attic`"):
        await halts.name_of(client.store, "cellar")


async def test_status_shows_what_is_halted(client: QueueClient) -> None:
    await asks(client, (VQGAN, ADA))
    await halts.halt(client.store, f"lane:{VQGAN_LANE}", MO, "broken")
    await sweep(client, alone=0)
    seen = await look(client.store)
    assert [(what, halt.by, halt.why) for what, halt in seen.halts.items()] == [
        (f"lane:{VQGAN_LANE}", MO, "broken")
    ]
