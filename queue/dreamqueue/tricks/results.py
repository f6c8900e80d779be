"""What tests of tricks found out, kept beside the tricks: of each the newest."""

from __future__ import annotations

import logging

from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.store import SEASON_MS, queue_at_hand
from dreamqueue.tricks.measured import Measured

log = logging.getLogger(__name__)


class Results:
    """Numbers by the trick's name. Every method raises QueueAway when Redis does not answer."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    async def put(self, measured: Measured) -> None:
        """Keep what a test found, with the time now if it has none; a test told twice is there once."""
        async with queue_at_hand():
            seconds, _ = await self.redis.time()
        measured = measured.model_copy(update={"at": measured.at or float(seconds)})
        async with queue_at_hand(), self.redis.pipeline(transaction=True) as pipe:
            pipe.hset(keys.TRICK_MEASURED, measured.trick, measured.model_dump_json())
            pipe.pexpire(keys.TRICK_MEASURED, SEASON_MS)
            pipe.incr(keys.TRICKS_CHANGED)
            pipe.pexpire(keys.TRICKS_CHANGED, SEASON_MS)
            await pipe.execute()

    async def get(self, trick: str) -> Measured | None:
        """The newest test of a trick; None if there was none. Its `version` says of which text."""
        async with queue_at_hand():
            raw = await self.redis.hget(keys.TRICK_MEASURED, trick)  # type: ignore[misc]
        return None if raw is None else _read(trick, raw)

    async def all(self) -> dict[str, Measured]:
        """The newest test of each trick that was ever measured, by its name."""
        async with queue_at_hand():
            found = await self.redis.hgetall(keys.TRICK_MEASURED)  # type: ignore[misc]
        read = {name.decode(): _read(name.decode(), raw) for name, raw in found.items()}
        return {name: one for name, one in read.items() if one is not None}


def _read(name: str, raw: bytes) -> Measured | None:
    try:
        return Measured.model_validate_json(raw)
    except ValueError:
        log.warning("what was measured of trick %r was written by another version; it is passed over", name)
        return None
