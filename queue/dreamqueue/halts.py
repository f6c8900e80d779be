"""What moderators have halted: everything, a backend, a lane, a worker, or the door to the queue.

A halt is one field of one hash, which `pick.lua` and `begin.lua` look at, so from the moment it is written no
worker begins a job that it keeps back. What is being painted goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from pydantic import ValidationError

from dreamqueue import keys, workers
from dreamqueue.errors import DreamError
from dreamqueue.job import Halt, Owner
from dreamqueue.lenient import table
from dreamqueue.store import JobStore, queue_at_hand
from dreamqueue.text import quote

Halted: TypeAlias = Mapping[str, Halt]
"""Halts by what they halt: `all`, `drain`, `backend:vqgan`, `lane:vqgan-0123abcd`, `worker:attic`."""
Kind: TypeAlias = Literal["all", "drain", "backend", "lane", "worker"]

ALL = "all"
DRAIN = "drain"
"""No new jobs are let in; what is there is painted."""
MOST = 64
"""Halts at the same time; more names than that are a mistake."""
WHY_SHOWN = 200
"""Characters of a reason that are kept."""


async def halt(store: JobStore, what: str, by: Owner, why: str = "", seconds: float | None = None) -> bool:
    """Halt something, for so many seconds or until it is lifted. False if it was: then the new reason counts.

    Raises QueueAway, or DreamError where too much is halted.
    """
    async with queue_at_hand():
        if what not in (ALL, DRAIN) and await store.redis.hlen(keys.HALTS) >= MOST:  # type: ignore[misc]
            raise DreamError(f"{MOST} things are halted already; please resume some first.")
        for_ms = "" if seconds is None else round(seconds * 1000)
        return bool(
            await store.run("halt", [what, by.model_dump_json(), why[:WHY_SHOWN], for_ms, store.moment])
        )


async def lift(store: JobStore, what: str) -> bool:
    """Let it go on; False if it was not halted. Raises QueueAway."""
    async with queue_at_hand():
        return bool(await store.run("halt", [what, "", "", "", store.moment]))


async def halts(store: JobStore) -> dict[str, Halt]:
    """What is halted now, everything first. Raises QueueAway."""
    async with queue_at_hand():
        found = await store.redis.hgetall(keys.HALTS)  # type: ignore[misc]
        return standing(found, await store.now()) if found else {}


def standing(raw: Mapping[bytes, bytes], now: float) -> dict[str, Halt]:
    """Those of a hash that have not run out; what another version wrote is passed over."""
    read = {}
    for name in sorted(raw, key=lambda name: (name not in (b"all", b"drain"), name)):
        try:
            one = Halt.model_validate_json(raw[name])
        except ValidationError:
            continue
        if one.until is None or one.until > now:
            read[name.decode()] = one
    return read


def of_lane(halted: Halted, lane: str) -> Halt | None:
    """What keeps a lane's jobs back, whichever worker would paint them. Lanes are named by backend."""
    return halted.get(ALL) or halted.get(f"lane:{lane}") or halted.get(f"backend:{lane.rpartition('-')[0]}")


async def names(store: JobStore) -> list[str]:
    """What can be halted: what is, backends, lanes that have jobs, live workers. Raises QueueAway."""
    async with queue_at_hand():
        lanes = await store.redis.hgetall(keys.LANES)  # type: ignore[misc]
        halted = await store.redis.hkeys(keys.HALTS)  # type: ignore[misc]
        cards = await workers.awake(store.redis)
    found = [name.decode() for name in sorted(halted) if b":" in name]
    found += [f"backend:{backend}" for backend in _backends(cards, lanes.values())]
    found += [f"lane:{lane.decode()}" for lane in sorted(lanes)]
    found += [f"worker:{card.name}" for card in cards]
    return list(dict.fromkeys(found))


async def name_of(store: JobStore, what: str) -> str:
    """`what` as it is halted: a backend's, a lane's or a live worker's name, in that order; "" is everything.

    Raises DreamError with the names that there are, QueueAway.
    """
    if what in ("", ALL, DRAIN):
        return what or ALL
    there = await names(store)
    for name in there:
        if what in (name, name.partition(":")[2]):
            return name
    known = ", ".join(f"`{name.partition(':')[2]}`" for name in there)
    hint = f"There are: {known}." if known else "No worker is awake, and no lane has jobs."
    raise DreamError(f"I know no backend, lane or worker `{quote(what)}`. {hint}"[:1500])


def in_words(what: str) -> str:
    """A halt's name for people."""
    if what == ALL:
        return "the whole queue"
    if what == DRAIN:
        return "new jobs"
    kind, _, name = what.partition(":")
    return f"{kind} `{name}`"


def _backends(cards: Iterable[workers.WorkerCard], lanes: Iterable[bytes]) -> list[str]:
    of_lanes = {str(table(raw).get("backend", "")) for raw in lanes}
    return sorted({name for card in cards for name in card.backends} | of_lanes - {""})
