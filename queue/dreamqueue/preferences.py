"""What a member has set for themselves, one key a member; forgotten a season after it was used last."""

from __future__ import annotations

import contextlib
import logging

from redis.asyncio import Redis
from redis.exceptions import WatchError

from dreamqueue import keys
from dreamqueue.store import SEASON_MS, queue_at_hand
from dreamqueue.wire import Wire

log = logging.getLogger(__name__)


class Preferences(Wire):
    """Empty texts stand for what is usual."""

    backend: str = ""
    size: str = ""
    """As members write it: `256x192`."""
    style: str = ""
    """Names of styles, with commas between them."""
    spoiler: bool = False
    """Whether pictures are hidden until somebody clicks."""
    ping: bool = False
    """Whether to be mentioned when a picture is done."""
    language: str = ""
    """What the bot speaks to them; empty: as Discord does."""

    @property
    def options(self) -> dict[str, str]:
        """What stands in for fields of /imagine that were left empty."""
        named = {"backend": self.backend, "size": self.size, "style": self.style}
        return {name: value for name, value in named.items() if value}


async def read(redis: Redis, member: str) -> Preferences:
    """A member's own, kept for another season; the usual ones where they set nothing. Raises QueueAway."""
    async with queue_at_hand():
        raw = await redis.getex(keys.preferences(member), px=SEASON_MS)
    return _read(raw, member)


async def write(redis: Redis, member: str, wanted: Preferences) -> None:
    """Keep them; usual ones are not kept at all. Raises QueueAway."""
    async with queue_at_hand():
        if wanted == Preferences():
            await redis.delete(keys.preferences(member))
        else:
            await redis.set(keys.preferences(member), wanted.model_dump_json(), px=SEASON_MS)


async def change(redis: Redis, member: str, **fields: str | bool) -> Preferences:
    """Change some of them and leave the others, whoever changes those meanwhile. Raises QueueAway."""
    key = keys.preferences(member)
    async with queue_at_hand(), redis.pipeline(transaction=True) as pipe:
        while True:
            with contextlib.suppress(WatchError):
                await pipe.watch(key)
                wanted = _read(await pipe.get(key), member).model_copy(update=fields)
                pipe.multi()  # type: ignore[no-untyped-call]
                pipe.set(key, wanted.model_dump_json(), px=SEASON_MS)
                await pipe.execute()
                return wanted


def _read(raw: bytes | None, member: str) -> Preferences:
    if raw is None:
        return Preferences()
    try:
        return Preferences.model_validate_json(raw)
    except ValueError:
        log.warning("the preferences of %s were written by another version; the usual ones are used", member)
        return Preferences()


async def forget(redis: Redis, member: str) -> bool:
    """Whether there was something to forget. Raises QueueAway."""
    async with queue_at_hand():
        return bool(await redis.delete(keys.preferences(member)))
