"""Stars: which pictures members like, one star a member; a server's best; and what has a star is kept on."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from dreamqueue import keys
from dreamqueue.errors import NoSuchJob, NotYours, OtherVersion, TooLate
from dreamqueue.job import Finished, Owner, Record, Stopped
from dreamqueue.lenient import table
from dreamqueue.store import SEASON_MS, JobStore, queue_at_hand

KEPT_AT_ONCE = 20
"""Pictures that are kept on in one go."""
MOST_KEPT = 5000
"""Pictures that are kept on; those that get their first star beyond it wait until there is room."""
AT_ONCE = 500
"""Pictures that are looked at in one go."""


@dataclass(frozen=True)
class Given:
    """What a press on a star came to."""

    on: bool
    """Whether the picture has this member's star now."""
    count: int
    """Stars that it has."""


@dataclass(frozen=True)
class Starred:
    """A picture and its stars."""

    record: Record
    count: int


class Stars:
    """Who likes what. All of it raises QueueAway."""

    def __init__(self, store: JobStore) -> None:
        self.store = store

    async def toggle(self, job: str, by: Owner) -> Given:
        """A member presses the star of a picture: it gets theirs, or loses it. Pressed again within three
        seconds it stays as it is.

        Raises NoSuchJob, NotYours for one's own, and TooLate for what is not there or was not painted.
        """
        async with queue_at_hand():
            record = await self.store.record(job)
            if record.job.owner.id == by.id:
                raise NotYours("Stars come from others: you cannot star a picture that you asked for.")
            if not isinstance(record.ending, Finished | Stopped):
                raise TooLate("There is no picture that could have a star.")
            verdict, count = await self._run(record, by.id, "press")
            if verdict == b"unknown":
                raise NoSuchJob(job)
            if count:
                await self._keep(record)
                score = await self.store.redis.zscore(keys.STARRED, job)
                if score is not None and score >= 0:
                    now = await self.store.now() * 1000
                    await self.store.redis.zadd(keys.STARRED, {job: now}, xx=True)
        return Given(verdict == b"on", count)

    async def of(self, job: str) -> int:
        """Stars of a job's picture; 0 for one that is unknown."""
        async with queue_at_hand():
            given = await self.store.redis.hvals(keys.stars(job))  # type: ignore[misc]
        return sum(float(when) > 0 for when in given)

    async def has(self, job: str, member: str) -> bool:
        """Whether a member has starred it."""
        async with queue_at_hand():
            when = await self.store.redis.hget(keys.stars(job), member)  # type: ignore[misc]
        return when is not None and float(when) > 0

    async def best(self, server: int, most: int = 25, skip: int = 0) -> list[Starred]:
        """A server's pictures with stars, the most first, as far as they are still known."""
        found = []
        async with queue_at_hand():
            key = keys.best(server)
            entries = await self.store.redis.zrevrange(key, skip, skip + most - 1, withscores=True)
            for raw, score in entries:
                try:
                    found.append(Starred(await self.store.record(raw.decode()), int(score)))
                except NoSuchJob:
                    await self.store.redis.zrem(key, raw)
                except OtherVersion:
                    continue
        return found

    async def forget(self, member: str) -> None:
        """Take back every star of a member."""
        async for some in self._all():
            async with queue_at_hand(), self.store.redis.pipeline(transaction=False) as pipe:
                for job in some:
                    pipe.hexists(keys.stars(job), member)
                given = await pipe.execute()
            for job in (job for job, has in zip(some, given, strict=True) if has):
                async with queue_at_hand():
                    try:
                        await self._run(await self.store.record(job), member, "forget")
                    except NoSuchJob:
                        await self._drop(job)
                    except OtherVersion:
                        continue

    async def painted_for(self, member: str) -> list[Record]:
        """Jobs of a member whose picture has a star, which are kept on when others are forgotten."""
        found = []
        async for some in self._all():
            async with queue_at_hand(), self.store.redis.pipeline(transaction=False) as pipe:
                for job in some:
                    pipe.hget(keys.record(job), "job")
                told = await pipe.execute()
            for job, raw in zip(some, told, strict=True):
                owner = table(raw).get("owner")
                if isinstance(owner, dict) and owner.get("id") == member:
                    async with queue_at_hand():
                        with contextlib.suppress(NoSuchJob, OtherVersion):
                            found.append(await self.store.record(job))
        return found

    async def _all(self) -> AsyncIterator[list[str]]:
        async with queue_at_hand():
            found = await self.store.redis.zrange(keys.STARRED, 0, -1)
        for start in range(0, len(found), AT_ONCE):
            yield [raw.decode() for raw in found[start : start + AT_ONCE]]

    async def keep_on(self) -> int:
        """Keep some of the pictures with stars from now on as long as anything is kept; returns how many.

        To be called now and then: those whose turn is furthest back come first, and none before half of
        its time is over.
        """
        count = 0
        async with queue_at_hand():
            now = await self.store.now() * 1000
            redis = self.store.redis
            due = await redis.zrangebyscore(
                keys.STARRED, 0, now - self.store.keep_ms / 2, start=0, num=KEPT_AT_ONCE
            )
            room = MOST_KEPT - await redis.zcount(keys.STARRED, 0, "+inf")
            others = await redis.zrevrangebyscore(keys.STARRED, "(0", "-inf", start=0, num=KEPT_AT_ONCE)
            for at, raw in enumerate([*others, *due]):
                job = raw.decode()
                try:
                    record = await self.store.record(job)
                    if at >= len(others) or at < room:
                        await self._keep(record)
                        await redis.zadd(keys.STARRED, {job: now}, xx=True)
                        count += 1
                except NoSuchJob:
                    await self._drop(job)
                except OtherVersion:
                    await redis.zadd(keys.STARRED, {job: now if at >= len(others) else -now}, xx=True)
        return count

    async def _drop(self, job: str) -> None:
        """A job that is gone leaves nothing about who liked it."""
        await self.store.redis.zrem(keys.STARRED, job)
        await self.store.redis.delete(keys.stars(job))

    async def _keep(self, record: Record) -> None:
        """Its record, its picture, its other forms and what it began with."""
        job, ending, redis = record.job.id, record.ending, self.store.redis
        if not isinstance(ending, Finished | Stopped):
            return
        for name in {ending.picture, *ending.extras.values(), *record.recipe.pictures}:
            data = await self.store.album.get(name)
            if data is not None:
                await self.store.album.put(name, data)
                await redis.pexpire(keys.uses(name), self.store.keep_ms, gt=True)
        await redis.pexpire(keys.record(job), max(self.store.keep_ms, await redis.pttl(keys.record(job))))
        await redis.pexpire(keys.copies(job), await redis.pttl(keys.record(job)))
        await redis.pexpire(keys.stars(job), SEASON_MS)

    async def _run(self, record: Record, member: str, deed: str) -> tuple[bytes, int]:
        server = record.reply.server if record.reply else None
        arguments: list[str | int | float | bytes] = [
            record.job.id,
            member,
            "" if server is None else server,
            deed,
            self.store.moment,
            MOST_KEPT,
        ]
        verdict, count = await self.store.run("star", arguments)
        return verdict, int(count)
