"""How long jobs wait before they are taken out of the queue.

Time in which a moderator keeps a job back, alone or by a pause of its lane, does not count, and what the job
needs lives as long as that.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import NamedTuple, TypeAlias

from dreamqueue import keys
from dreamqueue.errors import NoSuchJob, OtherVersion
from dreamqueue.kept import blobs
from dreamqueue.lenient import table
from dreamqueue.store import JobStore, RedisAway

log = logging.getLogger(__name__)

Span: TypeAlias = tuple[float, float]
"""From when until when, Unix seconds."""

AT_ONCE = 500
"""Jobs that are looked at in one go."""


class Waited(NamedTuple):
    """An open job that no worker has, and how long it has waited."""

    job: str
    counted: float
    """Seconds in which a worker could have begun it."""
    kept_back: bool
    """Whether a moderator keeps it back just now."""
    fresh: bool
    """Whether most of the time for which it is kept is still to come."""
    known: bool
    """False if it is forgotten already."""


async def waited(store: JobStore, patience: float) -> AsyncIterator[Waited]:
    """Jobs that may have waited longer than `patience` seconds, or may have to be kept alive."""
    now = await store.now()
    async with store.redis.pipeline(transaction=True) as pipe:
        pipe.hgetall(keys.HALTS)
        pipe.lrange(keys.HALTED, 0, -1)
        pipe.zcard(keys.ASIDE)
        standing, past, aside = await pipe.execute()
    stops = _stops(standing, past, now)
    age = min(patience, store.keep_ms / 4000) if standing or aside else patience
    old = await store.redis.zrangebyscore(keys.OPEN, "-inf", (now - age) * 1000, withscores=True)
    for start in range(0, len(old), AT_ONCE):
        some = old[start : start + AT_ONCE]
        async with store.redis.pipeline(transaction=False) as pipe:
            for raw, _ in some:
                job = raw.decode()
                pipe.hmget(keys.record(job), ["state", "lane", "held", "rests", "lives"])
                pipe.exists(keys.lease(job))
                pipe.pttl(keys.record(job))
            told = await pipe.execute()
        for at, (raw, created) in enumerate(some):
            (state, lane, held, rests, lives), leased, left = told[3 * at : 3 * at + 3]
            if state is not None and state != b"waiting" and leased:
                continue
            spans = [*_of_lane(stops, (lane or b"").decode()), *_of_job(held, rests, now)]
            counted = now - created / 1000 - length(spans, created / 1000, now)
            kept_back = any(until >= now for _, until in spans)
            fresh = left > int(lives or 0) - store.keep_ms / 4
            yield Waited(raw.decode(), counted, kept_back, fresh, state is not None)


async def live_on(store: JobStore, one: Waited) -> None:
    """A job that is kept back lives on, with the pictures that it needs. Does so now and then."""
    if not one.kept_back or one.fresh or not await store.run("live_on", [one.job]):
        return
    try:
        record = await store.record(one.job)
        saved = [record.job.state] if record.job.state else []
        saved += [record.checkpoint.name] if record.checkpoint else []
        for name in {*blobs(record), *record.recipe.pictures, *saved}:
            if (data := await store.album.get(name)) is not None:
                await store.album.put(name, data)
    except (NoSuchJob, OtherVersion):
        return
    except RedisAway:
        log.warning("job %s is kept back, and the album is away: its pictures may be forgotten", one.job)


def length(spans: Iterable[Span], since: float, until: float) -> float:
    """Seconds between two moments that lie in any of these spans, which may overlap."""
    total, end = 0.0, since
    for first, last in sorted(spans):
        total += max(0.0, min(last, until) - max(first, end))
        end = max(end, min(last, until))
    return total


def _stops(standing: Mapping[bytes, bytes], past: Iterable[bytes], now: float) -> list[tuple[str, Span]]:
    """What was halted, and when."""
    found = [(name.decode(), _span(table(raw), now)) for name, raw in standing.items()]
    for raw in past:
        halt = table(raw)
        found.append((str(halt.get("what")), _span(halt, now)))
    return [(what, span) for what, span in found if span is not None]


def _of_lane(stops: Iterable[tuple[str, Span]], lane: str) -> list[Span]:
    names = {"all", f"lane:{lane}", f"backend:{lane.rpartition('-')[0]}"}
    return [span for what, span in stops if what in names]


def _of_job(held: bytes | None, rests: bytes | None, now: float) -> list[Span]:
    found = [_span(table(held), now)] if held else []
    try:
        found += [(float(first), float(last)) for first, last in json.loads(f"[{(rests or b'').decode()}]")]
    except (ValueError, TypeError):
        log.warning("a record's rests cannot be read")
    return [span for span in found if span is not None]


def _span(halt: Mapping[str, object], now: float) -> Span | None:
    since, until = halt.get("since"), halt.get("until")
    if not isinstance(since, int | float):
        return None
    return since, min(until, now) if isinstance(until, int | float) else now
