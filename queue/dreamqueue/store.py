"""Records, frames and pictures in Redis: what both sides read and write."""

from __future__ import annotations

import asyncio
import contextlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from itertools import chain
from typing import Any, NamedTuple

from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from dreamqueue import keys
from dreamqueue.album import Album, RedisAlbum, name_of
from dreamqueue.errors import NoRoomLeft, NoSuchJob, OtherVersion, QueueAway, QueueLocked
from dreamqueue.events import Ended, Frame, Painted
from dreamqueue.job import Checkpoint, Ending, Record
from dreamqueue.scripts import script
from dreamqueue.sights import Sights
from dreamqueue.writable import REFUSALS, full

SILENCE = 10.0
"""Seconds without an answer after which Redis counts as away."""

HURRY: ContextVar[Callable[[], float | None]] = ContextVar("hurry", default=lambda: None)
"""Seconds that whoever works here has left for all its readings together; None: as many as `SILENCE`."""

MAX_TRIES = 2
"""A job that was begun this often and never ended is set aside."""

SEASON_MS = 90 * 24 * 3_600_000
"""What was learnt expires when nobody came for so long."""

KEPT = b"kept:"
"""Fields of a record: the step of an earlier frame, and its blob key."""
SIGHTS = b"sights:"
"""Fields of a record: the step of an earlier frame, and what is on it."""

RedisAway = (RedisConnectionError, RedisTimeoutError, OSError, *REFUSALS)
"""Redis does not take it just now: it does not answer, or it is full, loading, or a replica for the time."""
CHECKPOINT = "checkpoint"
"""Field of a record: what was saved on its way."""

ASKED = b"turn:"
"""Fields of a record: the number of a turn that nobody has taken yet, and the order."""


@asynccontextmanager
async def queue_at_hand() -> AsyncIterator[None]:
    """Turns "Redis does not take it just now", however it shows, into the error that people can read.

    The time-out is ours and not the connection's (`socket_timeout`): redis-py guards its writes by
    `asyncio.wait_for`, which before Python 3.12 may swallow a cancellation.
    """
    left = HURRY.get()()
    try:
        async with asyncio.timeout(SILENCE if left is None else min(left, SILENCE)):
            yield
    except QueueAway:
        raise
    except (AuthenticationError, NoPermissionError) as error:
        raise QueueLocked from error
    except RedisAway as error:
        raise (NoRoomLeft if full(error) else QueueAway) from error


class Begun(NamedTuple):
    """How a job was begun."""

    verdict: str
    """"go": paint it; "over": it has ended; "worn": it was begun `MAX_TRIES` times and never ended;
    "unknown": there is no such job; "later": a running limit or a moderator keeps it back."""
    tries: int
    holder: str
    """Names this try: what it does to the job counts as long as no other has begun it."""


class JobStore:
    """Jobs as they are known to everybody. All times are Unix seconds."""

    def __init__(
        self,
        redis: Redis,
        keep_hours: float = 72.0,
        clock: Callable[[], float] | None = None,
        album: Album | None = None,
    ) -> None:
        """`clock` gives Unix seconds in a simulation; else the time is Redis' own."""
        self.redis = redis
        self.keep_ms = int(keep_hours * 3_600_000)
        self.album = album or RedisAlbum(redis, keep_hours)
        """Where pictures lie."""
        self._clock = clock

    async def run(self, name: str, arguments: list[str | int | float | bytes]) -> Any:
        """Run a Lua script by name (EVALSHA, loaded on first use)."""
        return await self.redis.register_script(script(name))(args=arguments)

    @property
    def moment(self) -> str | int:
        """The time as scripts take it: milliseconds, or empty for Redis' own."""
        return "" if self._clock is None else int(self._clock() * 1000)

    async def now(self) -> float:
        """Unix seconds by the clock that all share."""
        if self._clock is not None:
            return self._clock()
        seconds, micros = await self.redis.time()
        return float(seconds) + float(micros) / 1e6

    async def record(self, job: str) -> Record:
        """What is known of a job. Raises NoSuchJob, OtherVersion."""
        return _read(job, await self.redis.hgetall(keys.record(job)))  # type: ignore[misc]

    async def records(self, jobs: Sequence[str]) -> list[Record | NoSuchJob | OtherVersion]:
        """What is known of each of these, or why nothing is; asked for all at once."""
        async with self.redis.pipeline(transaction=False) as pipe:
            for job in jobs:
                pipe.hgetall(keys.record(job))
            told = await pipe.execute()
        found: list[Record | NoSuchJob | OtherVersion] = []
        for job, fields in zip(jobs, told, strict=True):
            try:
                found.append(_read(job, fields))
            except (NoSuchJob, OtherVersion) as error:
                found.append(error)
        return found

    async def begin(self, job: str, worker: str) -> Begun:
        """A worker begins a job."""
        nonce = secrets.token_hex(8)  # a question that is sent again must not count as another try
        verdict, tries, holder = await self.run("begin", [job, worker, MAX_TRIES, nonce, self.moment])
        return Begun(verdict.decode(), int(tries), holder.decode())

    async def renew(self, job: str, holder: str, seconds: float) -> bool:
        """The worker of this try lives; False if it has lost the job."""
        return bool(await self.run("renew", [job, holder, int(seconds * 1000)]))

    async def refund(self, job: str, holder: str) -> bool:
        """The worker of this try has lost the job and lives: the try does not count."""
        return bool(await self.run("refund", [job, holder]))

    async def hand_over(self, job: str, holder: str, counted: bool = False) -> bool:
        """The worker of this try lets go of the job; the try counts only if it is `counted`."""
        return bool(await self.run("hand_over", [job, holder, int(counted)]))

    async def finish(
        self, job: str, ending: Ending, holder: str | None = None, took: float | None = None
    ) -> bool:
        """End a job. The first end counts: False if it had one, or if another try holds it.

        `took` is how many seconds it was painted; what was set aside for it beyond that is given back.
        """
        counted = await self.run(
            "finish",
            [
                job,
                ending.model_dump_json(),
                Ended(job=job, ending=ending).model_dump_json(),
                self.keep_ms,
                holder or "",
                "" if took is None else round(took * 1000),
            ],
        )
        if counted:
            await self.drop_checkpoint(job)
        return bool(counted)

    async def note(self, job: str, holder: str, **fields: str) -> bool:
        """The worker of this try notes something; "" removes a field. False if the job is another's."""
        return bool(await self.run("note", [job, holder, *chain.from_iterable(fields.items())]))

    async def note_kept(self, job: str, holder: str, step: int, key: str, seen: Sights = None) -> None:
        """An earlier frame of this try can be taken, and what is on it."""
        found = "" if seen is None else json.dumps([one.model_dump() for one in seen])
        await self.note(job, holder, **{f"{SIGHTS.decode()}{step}": found, f"{KEPT.decode()}{step}": key})

    async def note_step(self, job: str, holder: str, step: int) -> None:
        """How far this try is, where it can be read without its picture."""
        await self.run("note", [job, holder, "step", step])

    async def checkpoint(self, job: str) -> str | None:
        """The name in the album of what was saved of a job on its way."""
        raw = await self.redis.hget(keys.record(job), CHECKPOINT)  # type: ignore[misc]
        try:
            return None if raw is None else Checkpoint.model_validate_json(raw).name
        except ValidationError:  # of another version, or damaged
            return None

    async def drop_checkpoint(self, job: str) -> None:
        """A job has ended. If its checkpoint cannot be dropped now, it is forgotten like all that is kept."""
        with contextlib.suppress(RedisError, OSError, ValueError):
            if (name := await self.checkpoint(job)) is not None:
                await self.album.drop(name)
                await self.redis.hdel(keys.record(job), CHECKPOINT)  # type: ignore[misc]

    async def open_jobs(self) -> list[str]:
        """Jobs that have not ended, oldest first."""
        return [job.decode() for job in await self.redis.zrange(keys.OPEN, 0, -1)]

    async def unshown_jobs(self) -> list[str]:
        """Jobs whose message does not show their end yet."""
        return sorted(job.decode() for job in await self.redis.smembers(keys.UNSHOWN))  # type: ignore[misc]

    async def mark_shown(self, job: str) -> None:
        """The message shows the job's end; nothing more has to be done for it."""
        await self.redis.srem(keys.UNSHOWN, job)  # type: ignore[misc]

    async def put_frame(self, frame: Frame) -> None:
        """Lay a frame into the job's mailbox, where the newest replaces the one before, and tell it."""
        head = frame.model_dump_json(exclude={"image"})
        async with self.redis.pipeline(transaction=True) as pipe:
            pipe.xadd(
                keys.frame(frame.job), {"head": head, "image": frame.image}, maxlen=1, approximate=False
            )
            pipe.expire(keys.frame(frame.job), 3600)
            painted = Painted(job=frame.job, step=frame.step)
            pipe.xadd(keys.NEWS, {"news": painted.model_dump_json()}, maxlen=10_000, approximate=True)
            pipe.pexpire(keys.NEWS, SEASON_MS)
            await pipe.execute()

    async def newest_frame(self, job: str) -> Frame | None:
        """The frame in the mailbox, if any that can be read."""
        entries = await self.redis.xrevrange(keys.frame(job), count=1)
        try:
            fields = entries[0][1]
            return Frame(**json.loads(fields[b"head"]), image=fields[b"image"])
        except (LookupError, TypeError, ValueError, RecursionError):
            return None

    async def keep(self, data: bytes) -> str:
        """Put a picture into the album under its sha256; it is forgotten after `keep_hours`."""
        name = await asyncio.to_thread(name_of, data)
        await self.album.put(name, data)
        return name

    async def fetch(self, key: str) -> bytes | None:
        """A kept picture, or None if it is unknown, forgotten or damaged."""
        return await self.album.get(key)

    async def painting_since(self) -> dict[str, float]:
        """Jobs being painted, and when each was begun."""
        begun = await self.redis.zrange(keys.PAINTING, 0, -1, withscores=True)
        return {job.decode(): float(when) / 1000 for job, when in begun}


def _read(job: str, fields: dict[bytes, bytes]) -> Record:
    if b"job" not in fields:
        raise NoSuchJob(job)
    try:
        return _record(fields)
    except (ValueError, KeyError, RecursionError) as error:
        raise OtherVersion(job) from error


def _record(fields: dict[bytes, bytes]) -> Record:
    """A record as its hash has it. Raises ValueError, KeyError or RecursionError for one that is none."""
    stored: dict[str, Any] = {
        "job": json.loads(fields[b"job"]),
        "state": fields[b"state"].decode(),
        "tries": int(fields[b"tries"]),
    }
    for name in ("reply", "turned", "checkpoint", "held", "ending", "review"):
        if raw := fields.get(name.encode()):
            stored[name] = json.loads(raw)
    stored["kept"] = {
        int(name.removeprefix(KEPT)): key.decode() for name, key in fields.items() if name.startswith(KEPT)
    }
    stored["kept_seen"] = {
        int(name.removeprefix(SIGHTS)): json.loads(raw)
        for name, raw in fields.items()
        if name.startswith(SIGHTS)
    }
    stored["asked"] = {
        name.decode(): fields[name].decode()
        for name in sorted(fields, key=lambda name: (len(name), name))
        if name.startswith(ASKED)
    }
    stored["resumed"] = int(fields.get(b"resumed", b"0"))
    for name in ("worker", "holder"):
        if text := fields.get(name.encode()):
            stored[name] = text.decode()
    for name in ("created", "started"):
        if moment := fields.get(name.encode()):
            stored[name] = float(moment) / 1000
    return Record.model_validate_json(json.dumps(stored))


def now() -> float:
    """Unix time in seconds."""
    return time.time()
