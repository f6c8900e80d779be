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
TEXT = "text"
"""The fact that says what was refused."""
AT_ONCE = 500
"""Lines that are read in one go."""


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
    """Unix seconds by Redis' clock; known once it was kept, and written where a line was written anew."""


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


async def forget(redis: Redis, member: str) -> int:
    """Of a member's refused prompts only who, when and which rule is kept; how many those were.

    Such lines are written anew, so they come after what was kept meanwhile. Raises QueueAway.
    """
    count, after = 0, b"-"
    while True:
        async with queue_at_hand():
            entries = await redis.xrange(keys.AUDIT, min=after, count=AT_ONCE)
        for name, fields in entries:
            deed = _deed(name, fields)
            if deed is None or deed.by.id != member or TEXT not in deed.about:
                continue
            about = {fact: value for fact, value in deed.about.items() if fact != TEXT}
            bare = deed.model_copy(update={"by": Owner(id=member, name=member), "about": about})
            async with queue_at_hand(), redis.pipeline(transaction=True) as pipe:
                pipe.xdel(keys.AUDIT, name)
                pipe.xadd(keys.AUDIT, {"deed": bare.model_dump_json()}, maxlen=MOST, approximate=True)
                await pipe.execute()
            count += 1
        if len(entries) < AT_ONCE:
            return count
        after = b"(" + entries[-1][0]


def _deed(name: bytes, fields: Mapping[bytes, bytes]) -> Deed | None:
    """A line as it was kept; None for one of another version."""
    try:
        deed = Deed.model_validate_json(fields.get(b"deed", b""))
    except ValidationError:
        return None
    return (
        deed if deed.when is not None else deed.model_copy(update={"when": int(name.split(b"-")[0]) / 1000})
    )
