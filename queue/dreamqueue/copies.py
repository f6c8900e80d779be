"""Messages that show a job besides its own, so that they go with it."""

from __future__ import annotations

from dataclasses import dataclass

from dreamqueue import keys
from dreamqueue.store import JobStore, queue_at_hand


@dataclass(frozen=True)
class Copy:
    """A message."""

    channel: int
    message: int


async def note(store: JobStore, job: str, copy: Copy) -> bool:
    """Remember a copy for as long as the job's record is kept; False if there is none any more, and nothing
    is remembered. Raises QueueAway."""
    async with queue_at_hand():
        await store.redis.sadd(keys.copies(job), f"{copy.channel}:{copy.message}")  # type: ignore[misc]
        left = await store.redis.pttl(keys.record(job))  # asked last: a record that is erased later finds it
        if left <= 0:
            await store.redis.srem(keys.copies(job), f"{copy.channel}:{copy.message}")  # type: ignore[misc]
            return False
        await store.redis.pexpire(keys.copies(job), left)
    return True


async def of(store: JobStore, job: str) -> list[Copy]:
    """Those that are remembered. Raises QueueAway."""
    async with queue_at_hand():
        found = await store.redis.smembers(keys.copies(job))  # type: ignore[misc]
    pairs = (raw.decode().partition(":") for raw in sorted(found))
    return [Copy(int(channel), int(message)) for channel, _, message in pairs]


async def drop(store: JobStore, job: str, copy: Copy) -> None:
    """It is gone. Raises QueueAway."""
    async with queue_at_hand():
        await store.redis.srem(keys.copies(job), f"{copy.channel}:{copy.message}")  # type: ignore[misc]
