"""The queue's door on a real Valkey: what people and workers see of a job."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from dreamconfig.settings import QueueSettings
from dreamqueue import keys, workers
from dreamqueue.client import QueueClient
from dreamqueue.errors import NobodyPaints, NoSuchJob, QueueAway, QueueFull
from dreamqueue.events import Ended, Frame, Queued
from dreamqueue.job import Cancelled, Expired, Failed, Finished, JobState, Owner, Reply
from dreamqueue.needs import needs_of
from dreamqueue.recipe import Phrase, Recipe
from dreamqueue.sweep import sweep

ADA, BO = Owner(id="1", name="Ada"), Owner(id="2", name="Bo")
RECIPE = Recipe(phrases=(Phrase(text="a hut"),), seed=7)
LANE = needs_of(RECIPE, ADA.id).lane


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[QueueClient]:
    settings = QueueSettings(redis_url=SecretStr(redis_url), max_waiting=8, max_waiting_per_member=5)
    client = await QueueClient.connect(settings)
    yield client
    await client.close()


async def lane(client: QueueClient) -> list[str]:
    """Job ids in the order in which arq will take them."""
    return [job.decode() for job in await client.redis.zrange(keys.lane(LANE), 0, -1)]


async def begin(client: QueueClient, job_id: str) -> str:
    """Begin a job as a worker does."""
    return (await client.store.begin(job_id, "tester")).verdict


async def test_a_submitted_job_waits_and_its_recipe_comes_back(client: QueueClient) -> None:
    reply = Reply(channel=1, message=2)
    job = await client.submit(RECIPE, ADA, typed="a hut --seed 7", shown=True, reply=reply)
    record = await client.record(job.id)
    assert record.state is JobState.waiting
    assert (record.job.recipe, record.reply) == (RECIPE, reply)
    assert await client.unshown() == [job.id]
    place = await client.place(job.id)
    assert place is not None
    assert (place.ahead, place.starts_in) == (0, None), "no worker is awake, so nobody can say when"


async def test_what_lies_in_redis_is_json_not_pickle(client: QueueClient) -> None:
    job = await client.submit(RECIPE, ADA)
    payload = json.loads(await client.redis.get(keys.payload(job.id)))
    assert payload["a"] == [job.id]


async def test_a_newcomer_does_not_wait_behind_anothers_backlog(client: QueueClient) -> None:
    ada = [(await client.submit(RECIPE, ADA)).id for _ in range(4)]
    bo = [(await client.submit(RECIPE, BO)).id for _ in range(2)]
    assert await lane(client) == [ada[0], bo[0], ada[1], bo[1], ada[2], ada[3]]
    place = await client.place(bo[1])
    assert place is not None
    assert place.ahead == 3


async def test_a_higher_band_goes_first_and_a_heavier_member_goes_more_often(client: QueueClient) -> None:
    slow = [(await client.submit(RECIPE, ADA)).id for _ in range(3)]
    heavy = [(await client.submit(RECIPE, BO, weight=2)).id for _ in range(3)]
    first = (await client.submit(RECIPE, Owner(id="3", name="Mo"), band=0)).id
    order = await lane(client)
    assert order[0] == first
    assert order.index(heavy[2]) < order.index(slow[2])


async def test_limits_are_said_and_nothing_is_stored(client: QueueClient) -> None:
    for _ in range(5):
        await client.submit(RECIPE, ADA)
    with pytest.raises(QueueFull, match="5 jobs of yours are waiting already"):
        await client.submit(RECIPE, ADA)
    for _ in range(3):
        await client.submit(RECIPE, BO)
    with pytest.raises(QueueFull, match="8 jobs of all members"):
        await client.submit(RECIPE, Owner(id="3", name="Mo"))
    assert len(await client.store.open_jobs()) == 8


async def test_a_cancelled_waiting_job_ends_at_once_and_frees_its_place(client: QueueClient) -> None:
    job = await client.submit(RECIPE, ADA)
    assert await client.cancel(job.id, BO)
    record = await client.record(job.id)
    assert record.ending == Cancelled(by=BO)
    assert await lane(client) == []
    assert not await client.redis.exists(keys.payload(job.id), keys.held(f"member:{ADA.id}"))
    assert await begin(client, job.id) == "over"
    assert not await client.cancel(job.id, ADA), "a second press changes nothing"
    with pytest.raises(NoSuchJob):
        await client.cancel("nonsense", ADA)


async def test_following_tells_the_end_also_to_those_who_come_late(client: QueueClient) -> None:
    job = await client.submit(RECIPE, ADA)
    heard = client.follow(job.id, tick=0.1)
    assert await anext(heard) == Queued(job=job.id)
    ending = Finished(picture="abc", score=0.4, seconds=3)
    await client.store.finish(job.id, ending)
    assert [news async for news in heard if isinstance(news, Ended)] == [Ended(job=job.id, ending=ending)]
    assert [news async for news in client.follow(job.id)] == [Ended(job=job.id, ending=ending)]


async def test_the_mailbox_holds_the_newest_frame_only(client: QueueClient) -> None:
    job = await client.submit(RECIPE, ADA)
    frames = [
        Frame(job=job.id, step=step, steps=9, score=0.1, seconds=1, image=b"\xff\xd8") for step in (1, 2, 3)
    ]
    for frame in frames:
        await client.store.put_frame(frame)
    assert await client.frame(job.id) == frames[-1]
    assert await client.redis.xlen(keys.frame(job.id)) == 1


async def test_only_the_first_end_counts_and_none_from_an_older_try(client: QueueClient) -> None:
    job = await client.submit(RECIPE, ADA)
    first, second = [await client.store.begin(job.id, worker) for worker in ("slept", "awake")]
    assert not await client.store.finish(job.id, Finished(picture="late"), first.holder)
    assert await client.store.finish(job.id, Finished(picture="good"), second.holder)
    assert not await client.store.finish(job.id, Failed(reason="too late"))
    ending = (await client.record(job.id)).ending
    assert ending == Finished(picture="good")


async def test_a_job_is_not_begun_a_third_time(client: QueueClient) -> None:
    job = await client.submit(RECIPE, ADA)
    assert [await begin(client, job.id) for _ in range(3)] == ["go", "go", "worn"]


async def test_a_backend_that_no_live_worker_has_is_refused_at_once(client: QueueClient) -> None:
    card = workers.WorkerCard(name="w", backends=("vqgan",), device="cpu", slots=1)
    await workers.show(client.redis, card)
    with pytest.raises(
        NobodyPaints, match=r"can paint with `pixels`\. Those that are awake can paint with `vqgan`"
    ):
        await client.submit(RECIPE, ADA)
    assert await client.store.open_jobs() == []


async def test_the_waiting_time_adds_up_what_comes_before(client: QueueClient) -> None:
    card = workers.WorkerCard(name="w", backends=("pixels",), device="cpu", slots=1)
    await workers.show(client.redis, card)
    await client.store.note_cost("pixels::pocket:256x256", 0.5)
    jobs = [await client.submit(RECIPE, owner) for owner in (ADA, BO)]
    assert [job.cost for job in jobs] == [60, 60]
    places = [await client.place(job.id) for job in jobs]
    assert [place and (place.ahead, place.starts_in) for place in places] == [(0, 0), (1, 60)]


async def test_redis_away_is_said_in_words() -> None:
    with pytest.raises(QueueAway, match="does not answer"):
        await QueueClient.connect(QueueSettings(redis_url=SecretStr("redis://127.0.0.1:1/0")))


async def test_the_sweep_ends_what_waited_too_long_and_what_got_lost(client: QueueClient) -> None:
    old, lost, fresh = [await client.submit(RECIPE, ADA) for _ in range(3)]
    await client.redis.zincrby(keys.OPEN, -90_000_000, old.id)
    await client.store.begin(lost.id, "tester")
    await client.redis.zincrby(keys.PAINTING, -60_000, lost.id)
    await client.redis.delete(keys.payload(lost.id))
    assert await sweep(client)
    assert not await sweep(client), "somebody did just now"
    expired = (await client.record(old.id)).ending
    assert isinstance(expired, Expired)
    assert expired.waited == pytest.approx(90_000, abs=5)
    assert isinstance((await client.record(lost.id)).ending, Failed)
    assert (await client.record(fresh.id)).state is JobState.waiting
    assert await lane(client) == [fresh.id]


async def test_a_record_or_card_of_another_version_harms_nobody(client: QueueClient) -> None:
    job = await client.submit(RECIPE, ADA)
    strange = job.model_dump_json().replace('"version":1', '"version":2')
    await client.redis.hset(keys.record(job.id), "job", strange)  # type: ignore[misc]
    await client.redis.zadd(keys.WORKERS, {"future": 1e12})
    await client.redis.set(keys.worker("future"), '{"name": "future", "wings": 2}')
    await sweep(client)
    assert await workers.awake(client.redis) == []
    assert await client.submit(RECIPE, ADA)
