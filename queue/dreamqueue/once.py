"""One intent, one effect: who presses a button twice within a few seconds meant it once."""

from __future__ import annotations

import asyncio
import contextlib
import secrets

from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.errors import QueueAway
from dreamqueue.store import queue_at_hand

SECONDS = 3.0
"""For how long the same counts as the same."""
PATIENCE = 1.5
"""Seconds that Redis has to answer: Discord wants the first answer within three."""


async def first(redis: Redis, *intent: str) -> bool:
    """Whether nobody said just this a moment ago. Raises QueueAway, soon."""
    key, mine = keys.once(*intent), secrets.token_bytes(8)  # a question that is sent again is no second press
    try:
        async with asyncio.timeout(PATIENCE), queue_at_hand():
            fresh = await redis.set(key, mine, px=int(SECONDS * 1000), nx=True)
            return bool(fresh) or await redis.get(key) == mine
    except TimeoutError:
        raise QueueAway from None


async def again(redis: Redis, *intent: str) -> None:
    """It came to nothing, and may be said again at once."""
    with contextlib.suppress(QueueAway):
        async with queue_at_hand():
            await redis.delete(keys.once(*intent))
