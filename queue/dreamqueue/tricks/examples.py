"""Examples of tricks: pictures that stay as long as their trick does, unless somebody deletes them."""

from __future__ import annotations

from collections.abc import Iterable

from dreamqueue import keys
from dreamqueue.errors import NoSuchJob, OtherVersion
from dreamqueue.job import Finished, Stopped
from dreamqueue.store import JobStore, queue_at_hand
from dreamqueue.tricks.record import Trick

AT_ONCE = 100
"""Pictures that are kept on in one go."""


async def keep_examples(store: JobStore, tricks: Iterable[Trick]) -> int:
    """Keep the examples of tricks on the menu as long again as anything is kept; returns how many.

    To be called now and then: only those whose time is half over are touched. Raises QueueAway.
    """
    jobs = dict.fromkeys(job for trick in tricks if trick.state == "offered" for job in trick.examples)
    async with queue_at_hand(), store.redis.pipeline(transaction=False) as pipe:
        for job in jobs:
            pipe.pttl(keys.record(job))
        left = await pipe.execute() if jobs else []
    due = [job for job, ms in zip(jobs, left, strict=True) if 0 < ms < store.keep_ms / 2]
    for job in due[:AT_ONCE]:
        async with queue_at_hand():
            await _keep(store, job)
    return len(due[:AT_ONCE])


async def _keep(store: JobStore, job: str) -> None:
    try:
        ending = (await store.record(job)).ending
    except (NoSuchJob, OtherVersion):
        return
    if isinstance(ending, Finished | Stopped):
        picture = await store.album.get(ending.picture)
        if picture is not None:
            await store.album.put(ending.picture, picture)
            await store.redis.pexpire(keys.record(job), store.keep_ms)
            await store.redis.pexpire(keys.copies(job), store.keep_ms)
            await store.redis.pexpire(keys.uses(ending.picture), store.keep_ms, gt=True)
