"""Which workers are awake and what they can paint."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import Field
from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.scripts import script
from dreamqueue.wire import READS, Wire

SILENT_AFTER = 6.0
"""Seconds without a sign of life after which a worker counts as gone."""


MOST_COLLECTIONS = 1000
"""Collections that a card names at most."""
SAID_NOTHING = {"versions": (1,)}
"""What holds for a card that does not say it: workers of the first version did not."""


class WorkerCard(Wire):
    """What a live worker says of itself."""

    name: str
    backends: tuple[str, ...]
    device: str
    slots: int
    """Jobs it paints at once."""
    mode: Literal["serving", "paused", "draining"] = "serving"
    """Paused takes no new jobs for a while, draining goes."""
    versions: tuple[int, ...] = READS
    """Of the records that it can read."""
    models: tuple[str, ...] | None = None
    """Names of the models that it has or may fetch; None if it does not say."""
    loaded: tuple[str, ...] = ()
    """Those on its device."""
    gigabytes: float | None = None
    """Memory that models and paintings may take together; None if it does not say."""
    pace: Annotated[float, Field(gt=0)] = 1.0
    """Seconds that it takes for an estimated second."""
    painting: tuple[str, ...] = ()
    """Jobs."""
    since: float = 0.0
    """When it woke up, Unix seconds."""
    ended: int = 0
    """Jobs that it has ended."""
    collections: tuple[str, ...] = ()
    """Collections of pictures on its disk: `harbours`, and `@123/harbours` for member 123 alone."""


async def show(redis: Redis, card: WorkerCard) -> None:
    """Say that a worker is awake; to be repeated more often than `SILENT_AFTER`."""
    said = card.model_dump(mode="json", exclude_defaults=True) | {"versions": card.versions}
    await redis.register_script(script("show"))(args=[card.name, json.dumps(said), int(SILENT_AFTER * 1000)])


async def leave(redis: Redis, name: str) -> None:
    """Say that a worker goes."""
    async with redis.pipeline(transaction=True) as pipe:
        pipe.zrem(keys.WORKERS, name)
        pipe.delete(keys.worker(name))
        await pipe.execute()


async def awake(redis: Redis) -> list[WorkerCard]:
    """All live workers, by name."""
    names = [name.decode() for name in await redis.zrange(keys.WORKERS, 0, -1)]
    if not names:
        return []
    cards = await redis.mget([keys.worker(name) for name in names])
    return sorted(filter(None, map(_read, cards)), key=lambda card: card.name)


def _read(raw: bytes | None) -> WorkerCard | None:
    try:
        return None if raw is None else WorkerCard.model_validate({**SAID_NOTHING, **json.loads(raw)})
    except (ValueError, TypeError, RecursionError):  # a worker of another version
        return None
