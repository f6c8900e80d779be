"""Jobs after their end: whose they are, pictures that become jobs, and that erasing leaves nothing."""

from __future__ import annotations

from tests.bot.scripted_worker import ScriptedWorker, picture
from tests.queue.on_the_queue import Forgetful

from dreamqueue import keys
from dreamqueue.audit import Deed, keep, newest
from dreamqueue.client import QueueClient
from dreamqueue.job import Finished, JobState, Owner, Reply, Stopped
from dreamqueue.kept import AT_ONCE, adopt, erase
from dreamqueue.recipe import Phrase, Recipe
from dreamqueue.store import JobStore

ADA, BO = Owner(id="1", name="Ada"), Owner(id="2", name="Bo")
HUT = Recipe(phrases=(Phrase(text="a hut"),), steps=10)


async def test_a_members_jobs_are_known_newest_first_and_nobody_elses(client: QueueClient) -> None:
    first = await client.submit(HUT, ADA)
    await client.submit(HUT, BO)
    second = await client.submit(HUT, ADA)
    assert [record.job.id for record in await client.jobs_of("1")] == [second.id, first.id]
    assert [record.job.id for record in await client.jobs_of("1", most=1, skip=1)] == [first.id]
    await client.redis.delete(keys.record(second.id))
    assert [record.job.id for record in await client.jobs_of("1")] == [first.id]


async def test_a_members_open_jobs_are_found_whatever_came_before_and_after(client: QueueClient) -> None:
    worker = ScriptedWorker(client)
    first, ended, painted, other, last = [
        await client.submit(HUT, owner) for owner in (ADA, ADA, ADA, BO, ADA)
    ]
    await worker.begin(painted)
    await client.cancel(ended.id, ADA)
    assert [record.job.id for record in await client.open_of("1")] == [first.id, painted.id, last.id]
    assert [record.job.id for record in await client.open_of("2")] == [other.id]
    assert await client.open_of("3") == []


async def test_many_jobs_are_read_without_those_that_cannot_be(client: QueueClient) -> None:
    ids = [f"{number:012x}" for number in range(AT_ONCE + 2)]
    stored = (await client.submit(HUT, BO)).model_copy(update={"owner": ADA})
    for number, job in enumerate(ids):
        fields = {
            "job": stored.model_copy(update={"id": job}).model_dump_json(),
            "state": "waiting",
            "tries": 0,
        }
        await client.redis.hset(keys.record(job), mapping=fields)  # type: ignore[misc]
        await client.redis.zadd(keys.jobs("1"), {job: number})
    await client.redis.delete(keys.record(ids[1]))
    await client.redis.hset(keys.record(ids[-1]), "job", "of another version")  # type: ignore[misc]
    found = [record.job.id for record in await client.jobs_of("1", most=1000)]
    assert found == [ids[number] for number in range(AT_ONCE, -1, -1) if number != 1]
    assert await client.redis.zcard(keys.jobs("1")) == AT_ONCE + 1, "only what is gone is taken out"


async def test_a_frame_becomes_a_job_that_has_ended_and_is_adopted_once(client: QueueClient) -> None:
    parent = await client.submit(HUT, ADA)
    kept = await client.keep(picture("blue"))
    ending = Stopped(picture=kept, by=BO, step=4)
    for _ in range(2):
        job = await adopt(client.store, HUT, BO, ending, parent=parent.id, job_id="0123456789ab")
    record = await client.record(job.id)
    assert record.state is JobState.ended
    assert record.ending == ending
    assert record.job.parent == parent.id
    assert [each.job.id for each in await client.jobs_of("2")] == [job.id]
    assert job.id not in await client.store.open_jobs()
    assert not await client.cancel(job.id, BO), "it is over"


async def test_what_was_adopted_into_a_message_is_shown_there_by_the_bot_that_comes_after(
    client: QueueClient,
) -> None:
    ending = Stopped(picture=await client.keep(picture("blue")), by=BO, step=4)
    silent = await adopt(client.store, HUT, BO, ending)
    told = await adopt(client.store, HUT, BO, ending, reply=Reply(channel=1, message=2))
    assert await client.unshown() == [told.id] != [silent.id]


async def test_erasing_forgets_the_record_and_its_pictures_but_not_what_is_still_painted(
    client: QueueClient,
) -> None:
    worker = ScriptedWorker(client)
    job = await client.submit(HUT, ADA)
    assert not await client.erase(job.id)
    await worker.begin(job)
    data = await worker.finish(job, animation=b"GIF89a")
    assert await client.erase(job.id)
    assert await client.jobs_of("1") == []
    assert await client.fetch(await client.keep(data)) == data
    left = [name async for name in client.redis.scan_iter("dream:blob:*")]
    assert len(left) == 1, "only what was kept again just now"


async def test_a_picture_that_two_jobs_show_goes_with_the_last_of_them(client: QueueClient) -> None:
    worker = ScriptedWorker(client)
    parent = await client.submit(HUT, ADA)
    await worker.begin(parent)
    await worker.finish(parent, animation=b"GIF89a")
    ending = (await client.record(parent.id)).ending
    assert isinstance(ending, Finished)
    own = Stopped(picture=ending.picture, by=BO, step=4)
    child = await adopt(client.store, HUT, BO, own, parent=parent.id)
    assert await client.erase(parent.id)
    assert await client.fetch(ending.picture) is not None, "Bo's picture has the same bytes"
    assert await client.fetch(str(ending.animation)) is None, "and nobody's else has these"
    assert await client.redis.pttl(keys.uses(ending.picture)) > 0
    assert await client.erase(child.id)
    assert await client.fetch(ending.picture) is None


async def test_what_was_uploaded_stays_for_those_who_paint_on_from_it(client: QueueClient) -> None:
    upload = await client.keep(picture("red"))
    worker = ScriptedWorker(client)
    recipe = HUT.model_copy(update={"image": upload})
    first = await client.submit(recipe, ADA)
    again = await client.submit(recipe, BO, parent=first.id)
    for job in (first, again):
        await worker.begin(job)
        await worker.finish(job)
    assert await client.erase(first.id)
    assert await client.fetch(upload) is not None, "Bo's needs it to be painted again"
    assert await client.erase(again.id)
    assert await client.fetch(upload) is None


async def test_a_frame_that_a_job_kept_on_its_way_is_its_own_too(client: QueueClient) -> None:
    worker = ScriptedWorker(client)
    jobs = [await client.submit(HUT, owner) for owner in (ADA, BO)]
    key = await client.keep(picture("green"))
    for job in jobs:
        await worker.begin(job)
        await client.store.note_kept(job.id, str(worker.holder), 2, key)
        await worker.finish(job)
    assert await client.erase(jobs[0].id)
    assert await client.fetch(key) is not None


async def test_erased_is_erased_also_if_the_answer_was_lost(client: QueueClient, redis_url: str) -> None:
    worker = ScriptedWorker(client)
    job = await client.submit(HUT, ADA)
    await worker.begin(job)
    await worker.finish(job)
    async with Forgetful.from_url(redis_url) as forgetful:
        assert await erase(JobStore(forgetful), job.id)
    assert [name async for name in client.redis.scan_iter("dream:blob:*")] == []


async def test_deeds_are_remembered_newest_first(client: QueueClient) -> None:
    for action in ("queue.pause", "queue.resume"):
        await keep(client.redis, Deed(action=action, by=ADA, about={"reason": "maintenance"}))
    found = await newest(client.redis)
    assert [deed.action for deed in found] == ["queue.resume", "queue.pause"]
    assert found[0].when is not None
    assert await client.redis.pttl(keys.AUDIT) > 0
