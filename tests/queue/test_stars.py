"""Stars: one a member and none of one's own, a double press is one, the best of a server, and keeping on."""

from __future__ import annotations

import pytest
from tests.bot.scripted_worker import ScriptedWorker, picture

from dreamqueue import forgetting, keys, stars
from dreamqueue.client import QueueClient
from dreamqueue.errors import NoSuchJob, NotYours, TooLate
from dreamqueue.job import Job, Owner, Reply
from dreamqueue.recipe import Phrase, Recipe
from dreamqueue.stars import Given

ADA, BO, CY = Owner(id="1", name="Ada"), Owner(id="2", name="Bo"), Owner(id="3", name="Cy")


async def painted(client: QueueClient, colour: str, server: int = 7) -> Job:
    """A picture of Ada's."""
    worker = ScriptedWorker(client)
    recipe = Recipe(phrases=(Phrase(text=colour),), steps=10)
    job = await client.submit(recipe, ADA, reply=Reply(channel=1, message=2, server=server))
    await worker.begin(job)
    await worker.finish(job, colour)
    return job


async def later(client: QueueClient, job: Job) -> None:
    """Seconds go by since the last press."""
    for member, when in (await client.redis.hgetall(keys.stars(job.id))).items():  # type: ignore[misc]
        earlier = float(when) - 4000 if float(when) > 0 else float(when) + 4000
        await client.redis.hset(keys.stars(job.id), member, str(int(earlier)))  # type: ignore[misc]


async def test_a_star_is_given_once_and_taken_back_by_a_later_press(client: QueueClient) -> None:
    job = await painted(client, "red")
    assert await client.stars.toggle(job.id, BO) == Given(True, 1)
    assert await client.stars.toggle(job.id, BO) == Given(True, 1), "pressed twice is pressed once"
    assert await client.stars.toggle(job.id, CY) == Given(True, 2)
    assert (await client.stars.of(job.id), await client.stars.has(job.id, "2")) == (2, True)
    await later(client, job)
    assert await client.stars.toggle(job.id, BO) == Given(False, 1)
    assert await client.stars.toggle(job.id, BO) == Given(False, 1)
    assert (await client.stars.of(job.id), await client.stars.has(job.id, "2")) == (1, False)
    await later(client, job)
    assert await client.stars.toggle(job.id, CY) == Given(False, 0)
    assert 0 < await client.redis.pttl(keys.stars(job.id)) <= 3000, "who once liked it is soon forgotten"


async def test_nobody_stars_their_own_nor_what_is_not_there(client: QueueClient) -> None:
    job = await painted(client, "red")
    with pytest.raises(NotYours):
        await client.stars.toggle(job.id, ADA)
    with pytest.raises(NoSuchJob):
        await client.stars.toggle("0" * 12, BO)
    waiting = await client.submit(Recipe(phrases=(Phrase(text="a hut"),)), ADA)
    with pytest.raises(TooLate):
        await client.stars.toggle(waiting.id, BO)


async def test_a_servers_best_come_first_and_no_other_servers(client: QueueClient) -> None:
    red, blue, _, other = [await painted(client, name) for name in ("red", "blue", "grey", "black")]
    await client.redis.hset(keys.record(other.id), "reply", Reply(channel=1, message=2).model_dump_json())  # type: ignore[misc]
    for job, by in ((red, BO), (blue, BO), (blue, CY), (other, BO)):
        await client.stars.toggle(job.id, by)
    best = await client.stars.best(7)
    assert [(each.record.job.id, each.count) for each in best] == [(blue.id, 2), (red.id, 1)]
    assert [each.record.job.id for each in await client.stars.best(7, most=1, skip=1)] == [red.id]
    await client.erase(blue.id)
    assert [each.record.job.id for each in await client.stars.best(7)] == [red.id]
    assert await client.stars.of(blue.id) == 0
    await client.stars.forget("2")
    assert await client.stars.best(7) == []
    assert await client.redis.zcard(keys.STARRED) == 0


async def test_what_has_a_star_is_kept_on(client: QueueClient) -> None:
    job, plain = await painted(client, "red"), await painted(client, "blue")
    await client.stars.toggle(job.id, BO)
    assert await client.stars.keep_on() == 0, "it was just kept"
    red, blue = [await client.keep(picture(colour)) for colour in ("red", "blue")]
    await client.redis.zadd(keys.STARRED, {job.id: 0.0})
    for key in (keys.record(job.id), keys.record(plain.id), keys.blob(red), keys.blob(blue)):
        await client.redis.pexpire(key, 1000)
    assert await client.stars.keep_on() == 1
    assert await client.redis.pttl(keys.record(job.id)) > 1000
    assert await client.redis.pttl(keys.blob(red)) > 1000
    assert await client.redis.pttl(keys.record(plain.id)) <= 1000
    assert await client.redis.pttl(keys.blob(blue)) <= 1000
    await client.redis.delete(keys.record(job.id))
    await client.redis.zadd(keys.STARRED, {job.id: 0.0})
    await client.stars.keep_on()
    assert await client.redis.zcard(keys.STARRED) == 0
    assert not await client.redis.exists(keys.stars(job.id)), "nor who liked it"


async def test_stars_beyond_what_is_kept_on_are_forgotten_too(
    client: QueueClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stars, "MOST_KEPT", 1)
    kept, beyond, gone = [await painted(client, name) for name in ("red", "blue", "grey")]
    for job in (kept, beyond, gone):
        await client.stars.toggle(job.id, BO)
    for job in (kept, beyond):
        await client.redis.pexpire(keys.record(job.id), 60_000)
    await client.redis.delete(keys.record(gone.id))
    await client.redis.zadd(keys.STARRED, {kept.id: 1})
    assert await client.stars.keep_on() == 1
    assert await client.redis.pttl(keys.record(kept.id)) > 60_000
    assert await client.redis.pttl(keys.record(beyond.id)) <= 60_000, (
        "no more are kept on than there is room for"
    )
    assert not await client.redis.exists(keys.stars(gone.id))
    await client.stars.forget("2")
    assert [await client.stars.of(job.id) for job in (kept, beyond)] == [0, 0]
    assert await client.redis.zcard(keys.STARRED) == 0


async def test_one_beyond_is_kept_on_once_there_is_room(
    client: QueueClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stars, "MOST_KEPT", 1)
    first, second = await painted(client, "red"), await painted(client, "blue")
    for job in (first, second):
        await client.stars.toggle(job.id, BO)
    assert await client.stars.keep_on() == 0
    await client.erase(first.id)
    await client.redis.pexpire(keys.record(second.id), 60_000)
    assert await client.stars.keep_on() == 1
    assert await client.redis.pttl(keys.record(second.id)) > 60_000


async def test_whoever_is_forgotten_has_no_old_picture_left_that_has_a_star(client: QueueClient) -> None:
    old, new, others = [await painted(client, name) for name in ("red", "blue", "grey")]
    for job in (old, others):
        await client.stars.toggle(job.id, BO)
    await client.redis.hset(
        keys.record(others.id), "job", others.model_copy(update={"owner": CY}).model_dump_json()
    )  # type: ignore[misc]
    await client.redis.delete(keys.jobs(ADA.id))
    await client.redis.zadd(keys.jobs(ADA.id), {new.id: 1})
    assert {record.job.id for record in await forgetting.end_all(client, ADA)} == {old.id, new.id}
