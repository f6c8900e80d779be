"""Where a server's panel stands: found again by the bot after this one."""

from __future__ import annotations

from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.job import Reply
from dreamqueue.store import SEASON_MS, queue_at_hand


async def panel_place(redis: Redis, server: str) -> Reply | None:
    """The panel's message; None if there is none. Kept for another season. Raises QueueAway."""
    async with queue_at_hand():
        raw = await redis.get(keys.panel(server))
        await redis.pexpire(keys.panel(server), SEASON_MS)
    try:
        return None if raw is None else Reply.model_validate_json(raw)
    except ValueError:  # of another version
        return None


async def put_panel(redis: Redis, server: str, place: Reply) -> None:
    """Remember it. Raises QueueAway."""
    async with queue_at_hand():
        await redis.set(keys.panel(server), place.model_dump_json(), px=SEASON_MS)
