"""What moderators take from one member of a server: everything (a block, a time-out) or a part (a limit).

They are two fields of the server's hash, which is read at each ask, in one round trip with what is halted,
and kept for another season then: so a block holds as long as anybody of that server asks for pictures. What
has run out is passed over at once and forgotten when somebody lists them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated, Literal, TypeAlias, TypeVar

from pydantic import Field, ValidationError
from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.errors import BadValue, Barred, DreamError, QueueDrains
from dreamqueue.halts import DRAIN, Halted, standing
from dreamqueue.job import Halt
from dreamqueue.rights import Share
from dreamqueue.store import SEASON_MS, JobStore, queue_at_hand

Kind: TypeAlias = Literal["bar", "limit"]
Laid = TypeVar("Laid", bound=Halt)
Number = TypeVar("Number", int, float)
MOST = 5000
"""Sanctions of a server."""
MOST_LISTED = 500
LONGEST = timedelta(days=3650)

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_PART = re.compile(r"([0-9]{1,6})\s*(min|[smhdw])\s*")


class Bar(Halt):
    """A member may ask for nothing."""


class Limit(Halt):
    """A member may take less than their share."""

    waiting: Annotated[int, Field(ge=0)] | None = None
    """Jobs that may wait."""
    minutes_a_day: Annotated[float, Field(ge=0)] | None = None
    steps: Annotated[int, Field(ge=1)] | None = None
    """Of one job."""

    def narrowed(self, share: Share) -> Share:
        """A share, where this is narrower."""
        own, *others = share.caps
        day = None if self.minutes_a_day is None else 60 * self.minutes_a_day
        caps = [
            own.model_copy(
                update={
                    "waiting": _least(own.waiting, self.waiting),
                    "seconds_a_day": _least(own.seconds_a_day, day),
                }
            ),
            *others,
        ]
        return replace(share, caps=caps, steps=_least(share.steps, self.steps))

    @property
    def in_words(self) -> str:
        """Such as "2 waiting, 10 minutes a day"."""
        said = [
            f"{number:g} {what}"
            for number, what in (
                (self.waiting, "waiting"),
                (self.minutes_a_day, "minutes a day"),
                (self.steps, "steps"),
            )
            if number is not None
        ]
        return ", ".join(said)


@dataclass(frozen=True)
class Standing:
    """How a member stands with the moderators of a server, and whether the queue takes jobs at all."""

    bar: Bar | None = None
    limit: Limit | None = None
    drain: Halt | None = None

    def check(self) -> None:
        """Raises Barred."""
        if self.bar is not None:
            raise Barred(self.bar.why, self.bar.until)

    def check_open(self) -> None:
        """Raises QueueDrains."""
        if self.drain is not None:
            raise QueueDrains(self.drain.why, self.drain.until)


async def impose(store: JobStore, server: str, member: str, sanction: Bar | Limit) -> None:
    """Lay a sanction on a member; one of its kind is replaced. Raises QueueAway, DreamError."""
    key, field = keys.sanctions(server), _field(sanction, member)
    async with queue_at_hand():
        many = await store.redis.hlen(key)  # type: ignore[misc]
        if many >= MOST and not await store.redis.hexists(key, field):  # type: ignore[misc]
            raise DreamError(f"There are {many} sanctions here already, and no more fit.")
        async with store.redis.pipeline(transaction=True) as pipe:
            pipe.hset(key, field, sanction.model_dump_json(exclude_none=True))
            pipe.pexpire(key, SEASON_MS)
            await pipe.execute()


async def forgive(store: JobStore, server: str, member: str) -> list[Kind]:
    """Take all sanctions from a member; which kinds there were. Raises QueueAway."""
    key, kinds = keys.sanctions(server), ("bar", "limit")
    async with queue_at_hand(), store.redis.pipeline(transaction=True) as pipe:
        for kind in kinds:
            pipe.hdel(key, f"{kind}:{member}")
        gone = await pipe.execute()
    return [kind for kind, was in zip(kinds, gone, strict=True) if was]  # type: ignore[misc]


async def standing_of(redis: Redis, server: str, member: str) -> Standing:
    """How a member stands, in one round trip. Raises QueueAway."""
    key = keys.sanctions(server)
    async with queue_at_hand(), redis.pipeline(transaction=False) as pipe:
        pipe.time()
        pipe.hmget(key, [f"bar:{member}", f"limit:{member}"])
        pipe.hgetall(keys.HALTS)
        pipe.pexpire(key, SEASON_MS)
        (seconds, micros), (bar, limit), halted, _ = await pipe.execute()
    now = seconds + micros / 1e6
    halts: Halted = standing(halted, now)
    return Standing(_read(Bar, bar, now), _read(Limit, limit, now), halts.get(DRAIN))


async def sanctioned(store: JobStore, server: str) -> list[tuple[str, Bar | Limit]]:
    """Members and their sanctions, the newest first, `MOST_LISTED` at most. Raises QueueAway."""
    key = keys.sanctions(server)
    found: list[tuple[str, Bar | Limit]] = []
    async with queue_at_hand():
        now, over = await store.now(), []
        for field, raw in (await store.redis.hgetall(key)).items():  # type: ignore[misc]
            kind, _, member = field.decode().partition(":")
            one: Bar | Limit | None = _read(Bar, raw, now) if kind == "bar" else _read(Limit, raw, now)
            if one is None:
                over.append(field)
            else:
                found.append((member, one))
        if over:
            await store.redis.hdel(key, *over)  # type: ignore[misc]
        await store.redis.pexpire(key, SEASON_MS)
    return sorted(found, key=lambda one: -one[1].since)[:MOST_LISTED]


def seconds_of(typed: str) -> float | None:
    """A duration as people type it, such as `2h`, `3d`, `1d 12h`; None for `forever` and nothing at all.

    Raises BadValue.
    """
    text = typed.strip().lower()
    if text in ("", "forever", "permanent"):
        return None
    at, total = 0, 0
    while part := _PART.match(text, at):
        total, at = total + int(part[1]) * _UNITS[part[2]], part.end()
    if at != len(text) or not 0 < total <= LONGEST.total_seconds():
        raise BadValue(typed[:40], "a time is `30m`, `2h`, `3d`, `1w`, up to ten years, or `forever`")
    return float(total)


def _field(sanction: Bar | Limit, member: str) -> str:
    return f"{'limit' if isinstance(sanction, Limit) else 'bar'}:{member}"


def _read(kind: type[Laid], raw: bytes | None, now: float) -> Laid | None:
    if raw is None:
        return None
    try:
        one = kind.model_validate_json(raw)
    except ValidationError:
        return None
    return None if one.until is not None and one.until <= now else one


def _least(one: Number | None, other: Number | None) -> Number | None:
    return min((value for value in (one, other) if value is not None), default=None)
