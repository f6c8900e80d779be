"""What an open dialog is about, where that does not fit into its id: kept for an hour."""

from __future__ import annotations

import secrets

from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.errors import TooLate
from dreamqueue.store import queue_at_hand
from dreamqueue.wire import Wire

LIFE_MS = 3_600_000


class Start(Wire):
    """A picture that somebody wants to begin with; the dialog asks for the words."""

    member: str
    url: str
    """Where Discord has the picture."""
    size: int
    """Bytes, as Discord says."""
    kind: str
    """Its content type, as Discord says."""
    parent: str | None = None
    """The job whose picture it is, if it is one."""


async def note(redis: Redis, start: Start) -> str:
    """Keep it; returns the name by which the dialog knows it. Raises QueueAway."""
    name = secrets.token_hex(8)
    async with queue_at_hand():
        await redis.set(keys.open_dialog(name), start.model_dump_json(), px=LIFE_MS)
    return name


async def read(redis: Redis, name: str, member: str) -> Start:
    """What a member's dialog was about. Raises TooLate if that is forgotten or another's; QueueAway."""
    async with queue_at_hand():
        raw = await redis.get(keys.open_dialog(name))
    forgotten = TooLate("I have forgotten which picture this was about. Please begin with it again.")
    try:
        start = Start.model_validate_json(raw or b"")
    except ValueError as error:  # another version wrote it, or it is gone
        raise forgotten from error
    if start.member != member:
        raise forgotten
    return start
