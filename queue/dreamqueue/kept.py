"""Jobs after their end: pictures that become jobs of their own, whose jobs they are, how they are erased."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.errors import NoSuchJob
from dreamqueue.job import Ending, Finished, Job, JobState, Owner, Record, Reply, Stopped, new_job_id
from dreamqueue.recipe import Recipe
from dreamqueue.store import JobStore, now, queue_at_hand

MOST_A_MINUTE = 20
"""Pictures that a member may make their own within a minute: a sheet of sixteen, and some frames."""
AT_ONCE = 100
"""Records that are read in one go."""


async def adopt(
    store: JobStore,
    recipe: Recipe,
    owner: Owner,
    ending: Ending,
    *,
    parent: str | None = None,
    reply: Reply | None = None,
    typed: str = "",
    upload_limit: int = 10 * 1024 * 1024,
    job_id: str | None = None,
) -> Job:
    """Let a picture that is there already be a job which has ended: an early frame, one picture of a sheet.

    With a `reply` it is for the bot to follow it there; one that comes after it does so too.
    The ending's blobs must have been kept; they may be another job's too.
    `job_id` as in QueueClient.submit. Raises QueueAway.
    """
    job = Job(
        id=job_id or new_job_id(),
        recipe=recipe,
        owner=owner,
        typed=typed,
        parent=parent,
        created=now(),
        cost=0.0,
        upload_limit=upload_limit,
        shown=reply is not None,
    )
    told = reply.model_dump_json() if reply else ""
    async with queue_at_hand():
        await store.run(
            "adopt",
            [
                job.id,
                job.model_dump_json(),
                owner.id,
                ending.model_dump_json(),
                told,
                store.keep_ms,
                store.moment,
            ],
        )
    return job


async def may_adopt(redis: Redis, member: str) -> bool:
    """Count one of the `MOST_A_MINUTE` pictures that a member may make their own within a minute; False if
    that would be one too many. Raises QueueAway."""
    async with queue_at_hand(), redis.pipeline(transaction=True) as pipe:
        pipe.set(keys.adopted(member), 0, px=60_000, nx=True)
        pipe.incr(keys.adopted(member))
        _, count = await pipe.execute()
    return int(count) <= MOST_A_MINUTE


async def jobs_of(store: JobStore, member: str, most: int = 25, skip: int = 0) -> list[Record]:
    """A member's jobs, the newest first, as far as they are still known. Raises QueueAway."""
    async with queue_at_hand():
        found = await store.redis.zrevrange(keys.jobs(member), skip, skip + most - 1)
    return await _known(store, member, found)


async def open_of(store: JobStore, member: str) -> list[Record]:
    """A member's jobs without an end, the oldest first. Raises QueueAway."""
    async with queue_at_hand():
        found = await store.redis.zinter([keys.jobs(member), keys.OPEN], aggregate="MAX")
    records = await _known(store, member, found)
    return [record for record in records if record.state is not JobState.ended]


async def _known(store: JobStore, member: str, jobs: Sequence[bytes]) -> list[Record]:
    known: list[Record] = []
    for start in range(0, len(jobs), AT_ONCE):
        some = jobs[start : start + AT_ONCE]
        async with queue_at_hand():
            found = await store.records([raw.decode() for raw in some])
            gone = [raw for raw, one in zip(some, found, strict=True) if isinstance(one, NoSuchJob)]
            if gone:
                await store.redis.zrem(keys.jobs(member), *gone)
        known += [one for one in found if isinstance(one, Record)]
    return known


async def erase(store: JobStore, job: str) -> bool:
    """Forget a job that has ended, with what it began with and left behind, where no other job needs that.

    False if it had not ended. Raises NoSuchJob, QueueAway.
    """
    async with queue_at_hand():
        record = await store.record(job)
        server = "" if record.reply is None or record.reply.server is None else record.reply.server
        unused = await store.run("erase", [job, record.job.owner.id, server])
        if unused is not None:
            names = [name.decode() for name in unused]
        elif record.state is JobState.ended:  # it is gone: perhaps by this very call, whose answer was lost
            its_own = (*blobs(record), *record.recipe.pictures, *filter(None, [record.job.state]))
            names = [name for name in its_own if not await store.redis.exists(keys.uses(name))]
        else:
            return False
        for name in names:
            with contextlib.suppress(ValueError):  # no name of an album, so nothing lies there
                await store.album.drop(name)
    return True


def blobs(record: Record) -> Iterator[str]:
    """Names in the album of all that a job left behind."""
    yield from record.kept.values()
    ending = record.ending
    if isinstance(ending, Finished | Stopped):
        yield ending.picture
        yield from (name for name in (ending.animation, ending.state) if name is not None)
        yield from ending.extras.values()
        for part in ending.parts:
            yield part.picture
            yield from part.extras.values()
