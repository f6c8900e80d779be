"""What moderators did and what was refused, kept for a while: who, what, to which job, and why."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field, ValidationError
from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.job import Owner
from dreamqueue.store import SEASON_MS, queue_at_hand
from dreamqueue.wire import Wire

MOST = 10_000


class Deed(Wire):
    """One line of the audit log."""

    action: str
    """Such as `queue.pause`, `mod.block`, `words.refused`."""
    by: Owner
    job: str | None = None
    server: int | None = None
    about: dict[str, str] = Field(default_factory=dict)
    """What else matters: the member it was done to, the reason, the prompt, a rule. No pictures."""
    when: float | None = None
    """Unix seconds by Redis' clock; known once it was kept."""


async def keep(redis: Redis, deed: Deed) -> None:
    """Remember a deed. Raises QueueAway."""
    async with queue_at_hand(), redis.pipeline(transaction=True) as pipe:
        pipe.xadd(keys.AUDIT, {"deed": deed.model_dump_json()}, maxlen=MOST, approximate=True)
        pipe.pexpire(keys.AUDIT, SEASON_MS)
        await pipe.execute()


async def newest(redis: Redis, most: int = 25) -> list[Deed]:
    """The last deeds, newest first. Raises QueueAway."""
    async with queue_at_hand():
        entries = await redis.xrevrange(keys.AUDIT, count=most)
    return [deed for name, fields in entries if (deed := _deed(name, fields)) is not None]


def _deed(name: bytes, fields: Mapping[bytes, bytes]) -> Deed | None:
    """A line as it was kept; None for one of another version."""
    try:
        deed = Deed.model_validate_json(fields.get(b"deed", b""))
    except ValidationError:
        return None
    return deed.model_copy(update={"when": int(name.split(b"-")[0]) / 1000})
