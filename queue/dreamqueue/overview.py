"""All of the queue at a glance: workers, lanes, what is being painted, how jobs ended, Redis' memory."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dreamconfig.catalogue import backends
from dreamqueue import keys, workers
from dreamqueue.store import JobStore
from dreamqueue.wire import Wire
from dreamqueue.workers import WorkerCard

LOOK = 500
"""Of the oldest jobs without an end so many are looked at for the one that has waited longest."""
HOUR = 60
"""Minutes that are counted."""


class LaneSeen(Wire):
    """A lane."""

    name: str
    needs: str
    """What its jobs need, in words."""
    workers: int
    """Those awake that take jobs from it."""
    waiting: int
    painting: int
    oldest: float | None = None
    """Seconds that its oldest job has waited; None if none waits, or too many of other lanes are older."""


class PaintingSeen(Wire):
    """A job that is being painted."""

    id: str
    member: str
    backend: str
    worker: str
    step: int
    """Of the newest frame."""
    steps: int
    seconds: float
    """Since it was begun."""


class Memory(Wire):
    """Redis' own, in bytes."""

    used: int
    limit: int
    """0 where there is none."""


class Overview(Wire):
    """The queue."""

    workers: tuple[WorkerCard, ...]
    lanes: tuple[LaneSeen, ...]
    painting: tuple[PaintingSeen, ...]
    """Longest first."""
    waiting: int
    minute: dict[str, int]
    """Jobs by kind of end in the last whole minute."""
    hour: dict[str, int]
    """In the last sixty minutes, the one under way included."""
    memory: Memory


async def look(store: JobStore) -> Overview:
    """Look at it, in three round trips whatever its length."""
    redis = store.redis
    cards = await workers.awake(redis)
    names = sorted({entry.lane for entry in backends().values()}.union(*(card.lanes for card in cards)))
    async with redis.pipeline(transaction=False) as pipe:
        pipe.time()
        pipe.info("memory")
        pipe.zrange(keys.OPEN, 0, LOOK - 1, withscores=True)
        for lane in names:
            pipe.zcard(keys.waiting(lane))
            pipe.zrange(keys.painting(lane), 0, -1, withscores=True)
        (seconds, micros), memory, oldest, *found = await pipe.execute()
    now = seconds + micros / 1e6
    begun = {job.decode(): float(when) for each in found[1::2] for job, when in each}
    minutes = range(seconds // 60 - HOUR + 1, seconds // 60 + 1)
    async with redis.pipeline(transaction=False) as pipe:
        for lane in names:
            pipe.zmscore(keys.waiting(lane), [job for job, _ in oldest] or ["-"])
        for job in begun:
            pipe.hmget(keys.record(job), ["job", "turned", "worker", "step"])
        for minute in minutes:
            pipe.hgetall(keys.rate(minute))
        answers = await pipe.execute()
    waits, records = answers[: len(names)], answers[len(names) : -HOUR]
    ends = [_counted(raw) for raw in answers[-HOUR:]]
    lanes = tuple(
        LaneSeen(
            name=lane,
            needs=lane,
            workers=sum(lane in card.lanes for card in cards),
            waiting=count,
            painting=len(painting),
            oldest=_oldest(oldest, there, now),
        )
        for lane, count, painting, there in zip(names, found[::2], found[1::2], waits, strict=True)
    )
    return Overview(
        workers=tuple(cards),
        lanes=tuple(lane for lane in lanes if lane.waiting or lane.painting or lane.workers),
        painting=tuple(
            _painting(job, raw, now - begun[job]) for job, raw in zip(begun, records, strict=True)
        ),
        waiting=sum(found[::2]),
        minute=dict(ends[-2]),
        hour=dict(sum(ends, Counter())),
        memory=Memory(used=memory["used_memory"], limit=memory["maxmemory"]),
    )


def _oldest(jobs: Sequence[tuple[bytes, float]], there: Sequence[float | None], now: float) -> float | None:
    """How long the first of these jobs has waited that is in the lane."""
    found = (now - created for (_, created), score in zip(jobs, there, strict=False) if score is not None)
    waited = next(found, None)
    return None if waited is None else max(0.0, waited)


def _painting(job: str, raw: Sequence[bytes | None], seconds: float) -> PaintingSeen:
    """Read leniently: it may be of another version."""
    stored, turned, worker, step = raw
    known: dict[str, Any] = json.loads(stored or b"{}")
    recipe = json.loads(turned) if turned else known.get("recipe", {})
    return PaintingSeen(
        id=job,
        member=str(known.get("owner", {}).get("name", "?")),
        backend=str(recipe.get("backend", "?")),
        worker=(worker or b"?").decode(),
        step=int(step or 0),
        steps=int(recipe.get("steps", 0)),
        seconds=max(0.0, seconds),
    )


def _counted(raw: Mapping[bytes, bytes]) -> Counter[str]:
    return Counter({kind.decode(): int(count) for kind, count in raw.items()})
