"""Which workers are awake and what they can paint."""

from __future__ import annotations

from typing import Literal

from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.store import now
from dreamqueue.wire import Wire

SILENT_AFTER = 6.0
"""Seconds without a sign of life after which a worker counts as gone."""


MOST_COLLECTIONS = 1000
"""Collections that a card names at most."""


class WorkerCard(Wire):
    """What a live worker says of itself."""

    name: str
    backends: tuple[str, ...]
    lanes: tuple[str, ...]
    device: str
    slots: int
    """Jobs it paints at once."""
    collections: tuple[str, ...] = ()
    """Collections of pictures on its disk: `harbours`, and `@123/harbours` for member 123 alone."""
    mode: Literal["serving", "paused", "draining"] = "serving"
    """draining: it was asked to go, and takes no more jobs."""


async def show(redis: Redis, card: WorkerCard) -> None:
    """Say that a worker is awake; to be repeated more often than `SILENT_AFTER`."""
    async with redis.pipeline(transaction=True) as pipe:
        pipe.zadd(keys.WORKERS, {card.name: now()})
        pipe.set(
            keys.worker(card.name), card.model_dump_json(exclude_defaults=True), px=int(SILENT_AFTER * 1000)
        )
        await pipe.execute()


async def leave(redis: Redis, name: str) -> None:
    """Say that a worker goes."""
    async with redis.pipeline(transaction=True) as pipe:
        pipe.zrem(keys.WORKERS, name)
        pipe.delete(keys.worker(name))
        await pipe.execute()


async def awake(redis: Redis) -> list[WorkerCard]:
    """All live workers, by name."""
    await redis.zremrangebyscore(keys.WORKERS, "-inf", now() - 10 * SILENT_AFTER)
    names = [name.decode() for name in await redis.zrange(keys.WORKERS, 0, -1)]
    if not names:
        return []
    cards = await redis.mget([keys.worker(name) for name in names])
    return sorted(filter(None, map(_read, cards)), key=lambda card: card.name)


def _read(raw: bytes | None) -> WorkerCard | None:
    try:
        return None if raw is None else WorkerCard.model_validate_json(raw)
    except ValueError:  # a worker of another version
        return None
