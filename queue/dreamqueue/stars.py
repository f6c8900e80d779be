"""Stars: which pictures members like, one star a member; a server's best; and what has a star is kept on."""

from __future__ import annotations

from dataclasses import dataclass

from dreamqueue import keys
from dreamqueue.errors import NoSuchJob, NotYours, OtherVersion, TooLate
from dreamqueue.job import Finished, Owner, Record, Stopped
from dreamqueue.store import SEASON_MS, JobStore, queue_at_hand

KEPT_AT_ONCE = 20
"""Pictures that are kept on in one go."""


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
        """Take back every star of a member, of those pictures that are kept on."""
        async with queue_at_hand():
            for raw in await self.store.redis.zrange(keys.STARRED, 0, -1):
                job = raw.decode()
                if await self.store.redis.hexists(keys.stars(job), member):  # type: ignore[misc]
                    try:
                        await self._run(await self.store.record(job), member, "forget")
                    except NoSuchJob:
                        await self._drop(raw)
                    except OtherVersion:
                        continue

    async def keep_on(self) -> int:
        """Keep some of the pictures with stars from now on as long as anything is kept; returns how many.

        To be called now and then: those whose turn is furthest back come first, and none before half of
        its time is over.
        """
        count = 0
        async with queue_at_hand():
            now = await self.store.now() * 1000
            due = await self.store.redis.zrangebyscore(
                keys.STARRED, 0, now - self.store.keep_ms / 2, start=0, num=KEPT_AT_ONCE
            )
            for raw in due:
                try:
                    await self._keep(await self.store.record(raw.decode()))
                    count += 1
                except NoSuchJob:
                    await self._drop(raw)
                except OtherVersion:
                    await self.store.redis.zadd(keys.STARRED, {raw: now})
        return count

    async def _drop(self, job: bytes) -> None:
        """A job that is gone leaves nothing about who liked it."""
        await self.store.redis.zrem(keys.STARRED, job)
        await self.store.redis.delete(keys.stars(job.decode()))

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
        await redis.zadd(keys.STARRED, {job: await self.store.now() * 1000}, xx=True)

    async def _run(self, record: Record, member: str, deed: str) -> tuple[bytes, int]:
        server = record.reply.server if record.reply else None
        arguments: list[str | int | float | bytes] = [
            record.job.id,
            member,
            "" if server is None else server,
            deed,
            self.store.moment,
        ]
        verdict, count = await self.store.run("star", arguments)
        return verdict, int(count)
