"""Asks that a bot has taken up and not answered to their end: whoever comes after it can tell the members."""

from __future__ import annotations

import asyncio
import logging

from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.errors import QueueAway
from dreamqueue.store import queue_at_hand
from dreamqueue.wire import Wire

log = logging.getLogger(__name__)

LIFE = 15 * 60.0
"""Seconds for which Discord lets an ask be answered."""
NOTED_WITHIN = 1.5
"""Seconds that Redis has to take a note: Discord wants the first answer within three."""


class Ask(Wire):
    """What a member asked for and what answers it. The token opens this one answer and dies with it."""

    interaction: int
    application: int
    token: str
    job: str
    """The id that the job of it has, once there is one."""
    asked: float
    """Unix time by Discord's clock, seconds."""


async def note(redis: Redis, ask: Ask) -> bool:
    """Remember an ask before it is answered; False if its interaction came before, for another job.

    Noted again, because the answer was lost, it is the same ask. Raises QueueAway, soon.
    """
    said = ask.model_dump_json()
    try:
        async with asyncio.timeout(NOTED_WITHIN), queue_at_hand():
            # Not a pipeline: its errors tell the whole command, and the token is in it.
            fresh = await redis.hsetnx(keys.ASKED, str(ask.interaction), said)  # type: ignore[misc]
            fresh = fresh or await redis.hget(keys.ASKED, str(ask.interaction)) == said.encode()  # type: ignore[misc]
            await redis.pexpire(keys.ASKED, int(LIFE * 1000))
    except TimeoutError:
        raise QueueAway from None
    return bool(fresh)


async def forget(redis: Redis, interaction: int) -> None:
    """An ask has got its answer. Raises QueueAway."""
    async with queue_at_hand():
        await redis.hdel(keys.ASKED, str(interaction))  # type: ignore[misc]


async def left_behind(redis: Redis) -> list[Ask]:
    """Asks that nobody has answered and that still can be. Raises QueueAway."""
    found: list[Ask] = []
    async with queue_at_hand():
        now = float((await redis.time())[0])
        for field, raw in (await redis.hgetall(keys.ASKED)).items():  # type: ignore[misc]
            try:
                ask = Ask.model_validate_json(raw)
            except ValueError:
                log.warning(
                    "ask %s was written by another version; it is not answered",
                    field.decode(errors="replace"),
                )
                ask = None
            if ask is not None and now - ask.asked < LIFE:
                found.append(ask)
            else:
                await redis.hdel(keys.ASKED, field)  # type: ignore[misc]
    return found
