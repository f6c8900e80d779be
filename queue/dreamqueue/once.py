"""One intent, one effect: who presses a button twice within a few seconds meant it once."""

from __future__ import annotations

import contextlib

from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.errors import QueueAway
from dreamqueue.store import queue_at_hand

SECONDS = 3.0
"""For how long the same counts as the same."""


async def first(redis: Redis, said: str, *intent: str) -> str | None:
    """Say it. What was said of the same intent a moment ago; None: nothing. Raises QueueAway.

    `said` names this one, such as the interaction that brought it.
    """
    async with queue_at_hand():
        if await redis.set(keys.once(*intent), said, px=int(SECONDS * 1000), nx=True):
            return None
        return (await redis.get(keys.once(*intent)) or b"").decode()


async def again(redis: Redis, *intent: str) -> None:
    """It came to nothing, and may be said again at once."""
    with contextlib.suppress(QueueAway):
        async with queue_at_hand():
            await redis.delete(keys.once(*intent))
