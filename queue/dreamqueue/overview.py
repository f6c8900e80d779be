"""All of the queue at a glance: workers, lanes, what is being painted, how jobs ended, Redis' memory."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from pydantic import Field

from dreamqueue import keys, workers
from dreamqueue.halts import standing
from dreamqueue.job import Halt
from dreamqueue.lenient import table
from dreamqueue.needs import Needs, lacks
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

    when: float
    """Unix seconds by Redis' clock."""
    workers: tuple[WorkerCard, ...]
    lanes: tuple[LaneSeen, ...]
    painting: tuple[PaintingSeen, ...]
    """Longest first."""
    waiting: int
    halts: dict[str, Halt] = Field(default_factory=dict)
    """What moderators have halted, by what it is."""
    aside: int = 0
    """Waiting jobs that a moderator holds."""
    minute: dict[str, int]
    """Jobs by kind of end in the last whole minute."""
    hour: dict[str, int]
    """In the last sixty minutes, the one under way included."""
    memory: Memory


async def look(store: JobStore) -> Overview:
    """Look at it, in a few round trips whatever its length."""
    redis = store.redis
    cards = await workers.awake(redis)
    async with redis.pipeline(transaction=False) as pipe:
        pipe.time()
        pipe.info("memory")
        pipe.hgetall(keys.LANES)
        pipe.zcard(keys.WAITING)
        pipe.hgetall(keys.HALTS)
        pipe.zcard(keys.ASIDE)
        pipe.zrange(keys.OPEN, 0, LOOK - 1, withscores=True)
        pipe.zrange(keys.PAINTING, 0, -1, withscores=True)
        (seconds, micros), memory, raw_lanes, waiting, halts, aside, oldest, raw_begun = await pipe.execute()
    now = seconds + micros / 1e6
    needs = {name.decode(): raw for name, raw in sorted(raw_lanes.items())}
    begun = {job.decode(): when / 1000 for job, when in raw_begun}
    minutes = range(seconds // 60 - HOUR + 1, seconds // 60 + 1)
    async with redis.pipeline(transaction=False) as pipe:
        for key in (keys.WAITING, *map(keys.lane, needs)):
            pipe.zcard(key)
            pipe.zmscore(key, [job for job, _ in oldest] or ["-"])
        for job in begun:
            pipe.hmget(keys.record(job), ["job", "turned", "worker", "step", "lane"])
        for minute in minutes:
            pipe.hgetall(keys.rate(minute))
        answers = await pipe.execute()
    records, ends = answers[2 * len(needs) + 2 : -HOUR], [_counted(raw) for raw in answers[-HOUR:]]
    waits = [
        (now - when / 1000, score is not None) for (_, when), score in zip(oldest, answers[1], strict=False)
    ]
    painted = Counter(raw[4].decode() for raw in records if raw[4])
    lanes = []
    for at, (name, raw) in enumerate(needs.items(), 1):
        there = answers[2 * at + 1]
        of_lane = [
            waited for (waited, waits_yet), score in zip(waits, there, strict=False) if waits_yet and score
        ]
        words, able = _needs(name, raw, cards)
        lanes.append(
            LaneSeen(
                name=name,
                needs=words,
                workers=able,
                waiting=max(0, answers[2 * at] - painted[name]),
                painting=painted[name],
                oldest=max(0.0, of_lane[0]) if of_lane else None,
            )
        )
    return Overview(
        when=now,
        workers=tuple(cards),
        lanes=tuple(lanes),
        painting=tuple(
            _painting(job, raw, now - begun[job]) for job, raw in zip(begun, records, strict=True)
        ),
        waiting=waiting,
        halts=standing(halts, now),
        aside=aside,
        minute=dict(ends[-2]),
        hour=dict(sum(ends, Counter())),
        memory=Memory(used=memory["used_memory"], limit=memory["maxmemory"]),
    )


def _needs(name: str, raw: bytes, cards: Sequence[WorkerCard]) -> tuple[str, int]:
    """What a lane's jobs need, in words, and how many workers have it."""
    try:
        needs = Needs.model_validate_json(raw)
    except ValueError:  # of another version
        return name, 0
    room = [f"{needs.gigabytes:g} GB"] if needs.gigabytes else []
    words = ", ".join([needs.backend, *needs.models, *needs.collections[:1], *room])
    return words, sum(lacks(card, needs) is None for card in cards)


def _painting(job: str, raw: Sequence[bytes | None], seconds: float) -> PaintingSeen:
    """Read leniently: it may be of another version."""
    stored, turned, worker, step, _ = raw
    known = table(stored)
    recipe = table(turned) if turned else known.get("recipe")
    recipe = recipe if isinstance(recipe, dict) else {}
    owner, steps = known.get("owner"), recipe.get("steps")
    return PaintingSeen(
        id=job,
        member=str(owner.get("name", "?") if isinstance(owner, dict) else "?"),
        backend=str(recipe.get("backend", "?")),
        worker=(worker or b"?").decode(errors="replace"),
        step=int(step) if step and step.isdigit() else 0,
        steps=steps if isinstance(steps, int) else 0,
        seconds=max(0.0, seconds),
    )


def _counted(raw: Mapping[bytes, bytes]) -> Counter[str]:
    return Counter({kind.decode(): int(count) for kind, count in raw.items()})
