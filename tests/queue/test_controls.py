"""What moderators do to jobs: hold, release, move, cancel all of a member's, clear; and what they see."""

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
    asks,
    begins,
    picks,
    wakes,
)

from dreamconfig.settings import QueueSettings
from dreamqueue import controls, keys
from dreamqueue.client import QueueClient
from dreamqueue.controls import Those
from dreamqueue.errors import DreamError, NoSuchJob, TooLate
from dreamqueue.job import Cancelled, Cap, Owner, Reply
from dreamqueue.overview import look
from dreamqueue.sweep import sweep
from dreamqueue.views import view


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[QueueClient]:
    settings = QueueSettings(redis_url=SecretStr(redis_url), max_waiting_per_member=1000, max_waiting=2000)
    client = await QueueClient.connect(settings)
    yield client
    await client.close()


async def test_a_held_job_keeps_its_place(client: QueueClient) -> None:
    first, second, third = await asks(client, (PIXELS, ADA), (PIXELS, BO), (PIXELS, MO))
    score = await client.redis.zscore(keys.WAITING, first)
    assert await controls.hold(client.store, first, MO, "is it allowed?")
    assert not await controls.hold(client.store, first, MO, "is it?"), "held already"
    held = (await client.record(first)).held
    assert held is not None
    assert (held.by, held.why) == (MO, "is it?")
    assert await begins(client) == second
    assert await client.redis.zscore(keys.WAITING, first) == score
    assert (await look(client.store)).aside == 1
    assert await controls.release(client.store, first)
    assert not await controls.release(client.store, first), "nobody holds it"
    assert [await begins(client), await begins(client)] == [first, third]
    assert (await client.record(first)).held is None


async def test_its_message_says_that_a_moderator_holds_it(client: QueueClient) -> None:
    await wakes(client)
    held, other = await asks(client, (PIXELS, ADA), (PIXELS, BO))
    await controls.hold(client.store, held, MO)
    place, next_place = await client.place(held), await client.place(other)
    assert place is not None
    assert next_place is not None
    assert (place.starts_in, place.halt, place.why) == (None, "held", "a moderator holds it")
    assert (next_place.ahead, next_place.starts_in is None) == (0, False), "it does not count the held one"


async def test_what_is_painted_or_over_cannot_be_held_and_says_so(client: QueueClient) -> None:
    (job,) = await asks(client, (PIXELS, ADA))
    assert await begins(client) == job
    with pytest.raises(TooLate, match=r"being painted already\. Stop or cancel it"):
        await controls.hold(client.store, job, MO)
    assert (await client.record(job)).held is None
    await client.store.finish(job, Cancelled(by=MO))
    for deed in (controls.hold(client.store, job, MO), controls.move(client.store, job, "front")):
        with pytest.raises(TooLate, match="ended already"):
            await deed
    with pytest.raises(NoSuchJob):
        await controls.hold(client.store, "000000000000", MO)


async def test_a_hold_between_pick_and_begin_counts_no_try(client: QueueClient) -> None:
    (job,) = await asks(client, (PIXELS, ADA))
    assert await picks(client) == job
    assert await controls.hold(client.store, job, MO)
    assert (await client.store.begin(job, "w")).verdict == "later"
    assert await picks(client) is None
    await controls.release(client.store, job)
    assert await begins(client) == job
    assert (await client.record(job)).tries == 1


async def test_holds_and_picks_at_once_leave_one_truth(client: QueueClient) -> None:
    jobs = await asks(client, *[(PIXELS, ADA)] * 12)

    async def holds(job: str) -> bool:
        try:
            return await controls.hold(client.store, job, MO)
        except TooLate:
            return False

    async def works() -> list[str]:
        begun = []
        for _ in jobs:
            job = await picks(client)
            if job is not None and (await client.store.begin(job, "w")).verdict == "go":
                await client.redis.set(keys.lease(job), b"1", px=60_000)
                begun.append(job)
        return begun

    begun, *held = await asyncio.gather(works(), *(holds(job) for job in reversed(jobs)))
    aside = {job for job, was in zip(reversed(jobs), held, strict=True) if was}
    assert aside.isdisjoint(begun)
    assert aside | set(begun) == set(jobs)


async def test_a_hold_ends_by_itself_and_a_lane_that_was_forgotten_is_there_again(
    client: QueueClient,
) -> None:
    (job,) = await asks(client, (PIXELS, ADA))
    await controls.hold(client.store, job, MO, seconds=60)
    await sweep(client, alone=0)
    assert await client.redis.hkeys(keys.LANES) == []  # type: ignore[misc]
    assert await begins(client) is None
    await client.redis.zadd(keys.ASIDE, {job: 1})
    await sweep(client, alone=0)
    assert await client.redis.hkeys(keys.LANES) == [PIXELS_LANE.encode()]  # type: ignore[misc]
    assert await begins(client) == job


async def test_a_held_job_of_a_running_limit_is_not_let_go_by_it(client: QueueClient) -> None:
    cap = Cap(scope="member:1", running=1)
    first, second, third = [(await client.submit(PIXELS, ADA, caps=[cap])).id for _ in range(3)]
    assert await begins(client) == first
    assert await picks(client) is None, "the limit has put the others apart"
    await controls.hold(client.store, second, MO)
    await client.store.finish(first, Cancelled(by=MO))
    assert await begins(client) == third
    await client.store.finish(third, Cancelled(by=MO))
    assert await begins(client) is None
    await controls.release(client.store, second)
    assert await begins(client) == second


async def test_a_held_job_can_be_cancelled_and_leaves_nothing_behind(client: QueueClient) -> None:
    (job,) = await asks(client, (PIXELS, ADA))
    await controls.hold(client.store, job, MO)
    assert await client.cancel(job, ADA)
    with pytest.raises(TooLate):
        await controls.release(client.store, job)
    for key in (keys.ASIDE, keys.WAITING, keys.lane(PIXELS_LANE), keys.held("member:1")):
        assert not await client.redis.exists(key), key


async def test_jobs_are_moved_before_and_after_others(client: QueueClient) -> None:
    one, two, three, four = await asks(client, *[(PIXELS, ADA)] * 4)
    await controls.move(client.store, one, "after")
    await controls.move(client.store, three, "before")
    await controls.move(client.store, four, "front")
    await controls.move(client.store, four, "front")
    await controls.hold(client.store, two, MO)
    await controls.move(client.store, two, "front")
    assert await begins(client) == four, "a held job that is moved stays held"
    await controls.release(client.store, two)
    assert [await begins(client) for _ in range(3)] == [two, three, one]


@pytest.mark.parametrize(
    ("those", "gone"),
    [
        (Those(), (1, 2, 3)),
        (Those("member", "1"), (1,)),
        (Those("channel", "55"), (2,)),
        (Those("lane", PIXELS_LANE), (1, 2)),
        (Those("backend", "vqgan"), (3,)),
    ],
)
async def test_what_waits_is_cleared(client: QueueClient, those: Those, gone: tuple[int, ...]) -> None:
    jobs = await asks(client, (PIXELS, ADA), (PIXELS, ADA))
    here = Reply(channel=55, message=5)
    jobs.append((await client.submit(PIXELS, BO, reply=here, shown=True)).id)
    jobs += await asks(client, (VQGAN, MO))
    assert await begins(client) == jobs[0]
    await controls.hold(client.store, jobs[1], MO)
    assert set(await controls.clear(client.store, those, MO)) == {jobs[number] for number in gone}
    assert await controls.clear(client.store, those, MO) == []
    for number, job in enumerate(jobs):
        ending = (await client.record(job)).ending
        assert ending == (Cancelled(by=MO) if number in gone else None)
    entries = await client.redis.xrange(keys.NEWS)
    ends = [fields[b"news"] for _, fields in entries if b'"ended"' in fields[b"news"]]
    assert len(ends) == len(gone)
    assert (await client.record(jobs[0])).state == "painting"


async def test_many_are_cleared_in_portions(client: QueueClient) -> None:
    jobs = await asks(client, *[(PIXELS, Owner(id=str(number), name="x")) for number in range(100, 350)])
    assert set(await controls.clear(client.store, Those(), MO)) == set(jobs)
    assert await begins(client) is None


async def test_who_comes_while_it_is_cleared_stays(client: QueueClient) -> None:
    (before,) = await asks(client, (PIXELS, ADA))
    began = round(await client.store.now() * 1000)
    await client.redis.hset(keys.record(before), "created", began - 1)  # type: ignore[misc]
    (after,) = await asks(client, (PIXELS, BO))
    await client.redis.hset(keys.record(after), "created", began + 1)  # type: ignore[misc]
    ending = Cancelled(by=MO).model_dump_json()
    told = await client.store.run("clear", ["all", "", ending, "{", "}", 1000, 0, 100, began, ""])
    assert told == [-1, [before.encode()]]
    assert await begins(client) == after


async def test_all_of_a_members_jobs_are_cancelled_also_those_being_painted(client: QueueClient) -> None:
    painted, waits, others = await asks(client, (PIXELS, ADA), (VQGAN, ADA), (PIXELS, BO))
    assert await begins(client) == painted
    assert await controls.cancel_all(client.store, "1", MO) == [waits, painted]
    order = await client.redis.hget(keys.record(painted), "order")  # type: ignore[misc]
    assert b'"cancel"' in (order or b"")
    assert (await client.record(others)).ending is None


async def test_views_are_pages_by_member_channel_and_worker(client: QueueClient) -> None:
    here = Reply(channel=55, message=5)
    hut = [(await client.submit(PIXELS, ADA, reply=here)).id for _ in range(12)]
    other = (await client.submit(VQGAN, BO)).id
    assert await begins(client, "attic") == hut[0]
    await controls.hold(client.store, hut[2], MO)
    page = await view(client.store, Those("member", "1"))
    assert ([job.id for job in page.jobs], page.total, page.more) == (hut[:10], 12, False)
    first, second, third = page.jobs[:3]
    assert (first.state, first.worker, first.name, first.words) == ("painting", "attic", "Ada", "a hut")
    assert (second.worker, second.held) == ("", None)
    assert third.held is not None
    assert third.held.by == MO
    rest = await view(client.store, Those("channel", "55"), first=10)
    assert [job.id for job in rest.jobs] == hut[10:]
    assert [job.id for job in (await view(client.store, Those("worker", "attic"))).jobs] == [hut[0]]
    assert (await view(client.store, Those("worker", "cellar"))).total == 0
    every = await view(client.store, Those(), first=0, most=20)
    assert other in [job.id for job in every.jobs]
    assert every.total == 13


@pytest.mark.parametrize(
    ("kind", "name"), [("member", ""), ("channel", "5.*"), ("jobs", "1"), ("all", "x"), ("lane", "a b")]
)
def test_names_that_name_nothing_are_refused(kind: str, name: str) -> None:
    with pytest.raises(DreamError, match="names no jobs"):
        Those(kind, name)
