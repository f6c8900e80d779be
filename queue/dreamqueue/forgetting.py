"""A member wants to be forgotten: their jobs end, then records and pictures go.

That is noted until it is done, so that a bot which falls in between is followed by one that goes on with it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from redis.asyncio import Redis

from dreamqueue import audit, keys, preferences
from dreamqueue.client import QueueClient
from dreamqueue.errors import NoSuchJob, OtherVersion
from dreamqueue.job import Owner, Record
from dreamqueue.rules.store import RuleStore
from dreamqueue.store import SEASON_MS, queue_at_hand
from dreamqueue.tricks import TrickStore

MOST = 1000
"""Jobs of a member that are known by their time. Of older ones those are left whose picture has a star."""
HEEDED = 60.0
"""Seconds in which a worker has to heed a cancellation; it does so within a step."""


async def note(redis: Redis, member: str) -> None:
    """This has begun. Raises QueueAway."""
    async with queue_at_hand():
        await redis.sadd(keys.FORGETTING, member)  # type: ignore[misc]
        await redis.pexpire(keys.FORGETTING, SEASON_MS)


async def done(redis: Redis, member: str) -> None:
    """It is done. Raises QueueAway."""
    async with queue_at_hand():
        await redis.srem(keys.FORGETTING, member)  # type: ignore[misc]


async def left_behind(redis: Redis) -> list[str]:
    """Members of whom a bot before has not forgotten all. Raises QueueAway."""
    async with queue_at_hand():
        return sorted(raw.decode() for raw in await redis.smembers(keys.FORGETTING))  # type: ignore[misc]


async def end_all(queue: QueueClient, who: Owner) -> list[Record]:
    """Cancel what a member has in the queue, and wait until it has ended. All of their records."""
    records = await queue.jobs_of(who.id, most=MOST)
    known = {record.job.id for record in records}
    records += [old for old in await queue.stars.painted_for(who.id) if old.job.id not in known]
    for record in records:
        with contextlib.suppress(NoSuchJob):
            await queue.cancel(record.job.id, who)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(HEEDED):
            for record in records:
                await _ended(queue, record.job.id)
    return records


async def erase(queue: QueueClient, record: Record) -> bool:
    """Forget a job, its pictures and what was uploaded for it; False if it has not ended yet."""
    with contextlib.suppress(NoSuchJob, OtherVersion):
        if not await queue.erase(record.job.id):
            return False
    async with queue_at_hand():
        await queue.redis.delete(keys.frame(record.job.id))
    return True


async def _preferences(queue: QueueClient, member: str) -> None:
    await preferences.forget(queue.redis, member)


async def _stars(queue: QueueClient, member: str) -> None:
    await queue.stars.forget(member)


async def _tricks(queue: QueueClient, member: str) -> None:
    await TrickStore(queue.redis).forget(member)


async def _typed(queue: QueueClient, member: str) -> None:
    await RuleStore(queue.redis).forget(member)


async def _refused(queue: QueueClient, member: str) -> None:
    await audit.forget(queue.redis, member)


KEPT_ELSEWHERE: dict[str, Callable[[QueueClient, str], Awaitable[None]]] = {
    "settings": _preferences,
    "stars": _stars,
    "tricks": _tricks,
    "typed": _typed,
    "refused": _refused,
}
"""Whatever else is kept about members, and how it is forgotten."""


async def _ended(queue: QueueClient, job: str) -> None:
    with contextlib.suppress(NoSuchJob, OtherVersion):
        async for _ in queue.follow(job):
            pass
