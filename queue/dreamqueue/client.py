"""The door to the queue: submit, follow, cancel. The bot and the command line hold one of these."""

from __future__ import annotations

import contextlib
import json
import logging
import time
from collections.abc import AsyncIterator, Sequence
from typing import Self

from arq.connections import ArqRedis
from arq.jobs import serialize_job

from dreamconfig.settings import QueueSettings
from dreamqueue import bands, kept, keys, offers, ordering, workers
from dreamqueue.album import album_at
from dreamqueue.connection import connect
from dreamqueue.crowd import Crowd
from dreamqueue.errors import DayIsSpent, QueueAway, QueueDrains, QueueFull
from dreamqueue.events import (
    Cancel,
    Choose,
    Ended,
    Frame,
    Lengthen,
    Painted,
    Queued,
    Started,
    Steer,
    Stop,
)
from dreamqueue.job import Cap, Halt, Job, JobState, Owner, Record, Reply, new_job_id
from dreamqueue.length import check_length
from dreamqueue.needs import Needs, needs_of
from dreamqueue.news import NewsReader
from dreamqueue.places import Outlooks, Place, estimate
from dreamqueue.prompt import check
from dreamqueue.recipe import Phrase, Recipe
from dreamqueue.stars import Stars
from dreamqueue.store import JobStore, RedisAway, now, queue_at_hand
from dreamqueue.trial import Trial
from dreamqueue.turns import BLEND
from dreamqueue.wire import arq_dumps

log = logging.getLogger(__name__)

STILL_FULL = 0.5
"""Seconds for which a queue that was full counts as full."""

FUNCTION = "paint"
"""Name of the worker's arq function."""


SUBMITTED_AT_ONCE = 16
MOST_IN_LINE = 500
"""Submissions that wait for those before them: about a second's."""


class QueueClient:
    """Hands jobs over and tells how they fare."""

    def __init__(self, redis: ArqRedis, settings: QueueSettings) -> None:
        self.redis = redis
        self.settings = settings
        album = album_at(settings.album, redis, settings.keep_hours)
        self.store = JobStore(redis, settings.keep_hours, album=album)
        self.outlooks = Outlooks(self.store)
        self.stars = Stars(self.store)
        self._news = NewsReader(redis)
        self._full: tuple[float, QueueFull] | None = None
        """When the queue was full last, and what was said."""
        self._crowd = Crowd(SUBMITTED_AT_ONCE, MOST_IN_LINE)

    @classmethod
    async def connect(cls, settings: QueueSettings) -> Self:
        """Connect, or raise QueueAway."""
        return cls(await connect(settings), settings)

    async def close(self) -> None:
        """Stop reading and close the connections."""
        await self._news.stop()
        await self.redis.aclose()

    async def submit(
        self,
        recipe: Recipe,
        owner: Owner,
        *,
        typed: str = "",
        parent: str | None = None,
        shown: bool = False,
        reply: Reply | None = None,
        upload_limit: int = 10 * 1024 * 1024,
        band: int = bands.EVERYONE,
        weight: float = 1.0,
        caps: Sequence[Cap] = (),
        state: str | None = None,
        done: int = 0,
        job_id: str | None = None,
        trial: Trial | None = None,
    ) -> Job:
        """Store a job and queue it at its fair place.

        `reply` is the message in which the job is shown, where one exists already. `band` orders groups
        strictly (`dreamqueue.bands`), `weight` > 1 makes a member's share larger. `caps` bound what the
        member, the channel and the server may take; without one of the member's own the settings' holds.
        `state` is the blob key of a saved painting to go on from, which has `done` steps. `job_id` is a
        fresh one of `new_job_id`, for a caller who may have to ask again because no answer came: one id is
        one job. `trial` says what a job of several pictures tries.

        Raises PromptError for what its backend would have to ignore, QueueAway, QueueFull, TooMany,
        DayIsSpent, QueueDrains, NobodyPaints, or UnknownWord for a collection that no worker has; then
        nothing was stored.
        """
        check(recipe)
        async with self._crowd, queue_at_hand():
            cards = await workers.awake(self.redis)
            needs = needs_of(recipe, owner.id, cards)
            offers.check(cards, recipe, needs, owner.id)
            job = Job(
                id=job_id or new_job_id(),
                recipe=recipe,
                owner=owner,
                typed=typed,
                lane=needs.lane,
                parent=parent,
                state=state,
                done=done,
                created=now(),
                cost=await estimate(self.store, recipe, done),
                upload_limit=upload_limit,
                trial=trial,
                shown=shown,
            )
            await self._admit(job, needs, band, weight, self._caps(job, caps), reply)
        return job

    def check_room(self) -> None:
        """Raises QueueFull if that was the answer a moment ago: for whoever would do work before asking."""
        if self._full is not None and time.monotonic() - self._full[0] < STILL_FULL:
            raise self._full[1]

    def _caps(self, job: Job, caps: Sequence[Cap]) -> list[Cap]:
        own = f"member:{job.owner.id}"
        if any(cap.scope == own for cap in caps):
            return list(caps)
        return [Cap(scope=own, waiting=self.settings.max_waiting_per_member), *caps]

    async def _admit(
        self, job: Job, needs: Needs, band: int, weight: float, caps: list[Cap], reply: Reply | None
    ) -> None:
        verdict, *facts = await self.store.run(
            "admit",
            [
                job.id,
                job.model_dump_json(),
                job.owner.id,
                round(job.cost * 1000),
                weight,
                band,
                self.settings.max_waiting,
                json.dumps([_scope(cap) for cap in caps]),
                int(job.shown),
                reply.model_dump_json() if reply else "",
                job.lane,
                needs.model_dump_json(),
                serialize_job(FUNCTION, (job.id,), {}, None, int(job.created * 1000), serializer=arq_dumps),
                int((self.settings.expire_hours + 1) * 3_600_000) + self.store.keep_ms,
                self.store.moment,
            ],
        )
        if verdict == b"drained":
            halt = Halt.model_validate_json(facts[0])
            raise QueueDrains(halt.why, halt.until)
        if verdict == b"full":
            self._full = time.monotonic(), QueueFull(int(facts[0]), self.settings.max_waiting)
            raise self._full[1]
        if verdict in (b"waiting", b"day"):
            cap = caps[int(facts[0]) - 1]
            if verdict == b"waiting":
                raise QueueFull(int(facts[1]), cap.waiting or 0, whose=cap.whose)
            raise DayIsSpent(int(facts[1]) / 1000, cap.seconds_a_day or 0.0, cap.whose)

    async def collections(self, member: str) -> list[str]:
        """Names of the collections that a member may use on the workers that are awake."""
        async with queue_at_hand():
            return await offers.collections(self.redis, member)

    async def place(self, job: str) -> Place | None:
        """Where a job stands; None once it is not waiting. Raises NoSuchJob."""
        async with queue_at_hand():
            return await self.outlooks.place(job)

    async def record(self, job: str) -> Record:
        """What is known of a job. Raises NoSuchJob, QueueAway."""
        async with queue_at_hand():
            return await self.store.record(job)

    async def frame(self, job: str) -> Frame | None:
        """The newest progress frame, if there is one."""
        async with queue_at_hand():
            return await self.store.newest_frame(job)

    async def keep(self, data: bytes) -> str:
        """Store a picture that a recipe will name; returns its key."""
        async with queue_at_hand():
            return await self.store.keep(data)

    async def fetch(self, key: str) -> bytes | None:
        """A stored picture."""
        async with queue_at_hand():
            return await self.store.fetch(key)

    async def unshown(self) -> list[str]:
        """Jobs whose message still has to be brought to their end."""
        async with queue_at_hand():
            return await self.store.unshown_jobs()

    async def mark_shown(self, job: str) -> None:
        """A job's message shows its end."""
        async with queue_at_hand():
            await self.store.mark_shown(job)

    async def cancel(self, job: str, by: Owner) -> bool:
        """End a job and keep nothing: at once if it waits, within a step if it is being painted.

        Who may do this is for the caller to check. False if the job had ended already.
        """
        return await ordering.end(self.store, Cancel(job=job, by=by))

    async def stop(self, job: str, by: Owner) -> bool:
        """End a job and keep the picture as it is (a waiting one is cancelled). False if it had ended."""
        return await ordering.end(self.store, Stop(job=job, by=by))

    async def promote(self, job: str, band: int = bands.FIRST) -> bool:
        """Let a waiting job go before others, or after them again; False once it is not waiting."""
        async with queue_at_hand():
            await self.store.record(job)
            return bool(await self.store.run("move", [job, band]) == b"moved")

    async def steer(self, job: str, phrases: Sequence[Phrase], by: Owner, blend: float = BLEND) -> bool:
        """Turn a job to other words from where it is. False if it had ended."""
        order = Steer(job=job, by=by, phrases=tuple(phrases), blend=blend)
        return await ordering.turn(self.store, self.settings, order)

    async def lengthen(self, job: str, steps: int, by: Owner) -> bool:
        """Let a job that has not ended go on to `steps` steps in all. False if it had ended.

        Raises BadValue for more steps than a painting may have.
        """
        check_length((await self.record(job)).recipe, self.settings, steps)
        return await ordering.turn(self.store, self.settings, Lengthen(job=job, by=by, steps=steps))

    async def choose(self, job: str, pick: int | None, by: Owner) -> bool:
        """Let one of a job's candidates go on alone: by its number as soon as all have been tried, or (None)
        the best as they are now. Chosen again before that, the last choice counts. False if it had ended.

        Raises TooLate where there is nothing to choose (any more), and BadValue for a number that is none.
        """
        return await ordering.turn(self.store, self.settings, Choose(job=job, by=by, pick=pick))

    async def jobs_of(self, member: str, most: int = 25, skip: int = 0) -> list[Record]:
        """A member's jobs, the newest first."""
        return await kept.jobs_of(self.store, member, most, skip)

    async def open_of(self, member: str) -> list[Record]:
        """A member's jobs without an end, the oldest first."""
        return await kept.open_of(self.store, member)

    async def children(self, job: str) -> int:
        """How many jobs came of this one, forgotten ones among them unless they were erased."""
        async with queue_at_hand():
            return int(await self.redis.scard(keys.children(job)))  # type: ignore[misc]

    async def erase(self, job: str) -> bool:
        """Forget a job that has ended, with its pictures. False if it had not ended."""
        return await kept.erase(self.store, job)

    async def follow(self, job: str, tick: float = 3.0) -> AsyncIterator[Queued | Started | Painted | Ended]:
        """What happens to a job, until and including its end.

        Of several frames only the newest is told. Every `tick` seconds of silence the record is looked at
        again, so nothing is missed when Redis was away; while the job waits, `Queued` is told then. Raises
        NoSuchJob.
        """
        box = None
        try:
            while box is None:
                with contextlib.suppress(*RedisAway):
                    box = await self._news.open(job)
            told_start = False
            silent = True
            while True:
                record = await self._record_if_awake(job) if silent else None
                if record is not None:
                    if record.ending is not None:
                        yield Ended(job=job, ending=record.ending)
                        return
                    if record.state is JobState.waiting:
                        yield Queued(job=job)
                    elif not told_start:
                        told_start = True
                        worker, tries = record.worker or "", record.tries
                        yield Started(job=job, worker=worker, tries=tries, resumed=record.resumed)
                news = await box.get(tick)
                silent = news is None
                if news is None:
                    continue
                told_start = told_start or isinstance(news, Started)
                yield news
                if isinstance(news, Ended):
                    return
        finally:
            if box is not None:
                self._news.close(job, box)

    async def _record_if_awake(self, job: str) -> Record | None:
        try:
            return await self.record(job)
        except QueueAway:
            return None


def _scope(cap: Cap) -> dict[str, str | int]:
    day_ms = None if cap.seconds_a_day is None else round(cap.seconds_a_day * 1000)
    limits = {"waiting": cap.waiting, "running": cap.running, "day_ms": day_ms}
    return {"name": cap.scope, **{name: limit for name, limit in limits.items() if limit is not None}}
