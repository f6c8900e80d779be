"""What moderators do to jobs: hold one and release it, move it, cancel a member's, clear what waits.

Who may do this is for the caller to check. Each is one script a job, so that two moderators at once, or a
worker that picks meanwhile, leave one truth.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal, TypeAlias

from dreamqueue import bands, keys, ordering
from dreamqueue.errors import DreamError, NoSuchJob, OtherVersion, TooLate
from dreamqueue.events import Cancel, Ended
from dreamqueue.halts import WHY_SHOWN
from dreamqueue.job import Cancelled, Owner, Record
from dreamqueue.store import JobStore, queue_at_hand

Where: TypeAlias = Literal["front", "before", "back", "after"]
WHERE: dict[str, int] = {
    "front": bands.FIRST,
    "before": bands.BOOSTERS,
    "back": bands.EVERYONE,
    "after": bands.LAST,
}
"""Where a job can be moved: in front of all, before others but after those, back, after all others."""

BATCH = 100
"""Jobs that one script clears, so that nobody waits long for it."""

BEGUN = "It is being painted already. Stop or cancel it instead."
OVER = "This one has ended already."

_NAMES = {
    "all": r"",
    "member": r"[A-Za-z0-9_-]{1,64}",
    "channel": r"[0-9]{1,20}",
    "lane": r"[A-Za-z0-9_.-]{1,100}",
    "backend": r"[A-Za-z0-9_.-]{1,100}",
    "worker": r"[^`\n]{1,200}",
}


@dataclass(frozen=True)
class Those:
    """Some jobs of the queue: `kind` is all, member, channel, lane, backend or worker; `name` which one."""

    kind: str = "all"
    name: str = ""
    server: str = ""
    """Of those only what was asked for on this server; "" for any."""

    def __post_init__(self) -> None:
        """Raises DreamError for what cannot be one."""
        good = self.kind in _NAMES and re.fullmatch(_NAMES[self.kind], self.name)
        if not good or not re.fullmatch(r"[0-9]{0,20}", self.server):
            raise DreamError(f"`{self.kind[:20]} {self.name[:80]}` names no jobs.".replace(" `", "`"))


async def hold(store: JobStore, job: str, by: Owner, why: str = "", seconds: float | None = None) -> bool:
    """Hold a waiting job aside, for so many seconds or until it is released. False if it was held already.

    It keeps its fair score. Raises NoSuchJob, TooLate once it is painted or over, QueueAway.
    """
    for_ms = "" if seconds is None else round(seconds * 1000)
    async with queue_at_hand():
        outcome = await store.run("hold", [job, by.model_dump_json(), why[:WHY_SHOWN], for_ms, store.moment])
    return _read(job, outcome) == "held"


async def release(store: JobStore, job: str) -> bool:
    """Let a held job go on, at its fair place. False if nobody held it. Raises as `hold` does."""
    async with queue_at_hand():
        outcome = await store.run("release", [job])
    return _read(job, outcome) == "released"


async def move(store: JobStore, job: str, where: str) -> None:
    """Let a waiting job go before others or after them (`WHERE`). Raises as `hold` does."""
    async with queue_at_hand():
        outcome = await store.run("move", [job, WHERE[where]])
    _read(job, outcome)


async def clear(store: JobStore, those: Those, by: Owner) -> list[str]:
    """Cancel what waits of those; returns the ids. What is being painted goes on. Raises QueueAway."""
    ending = Cancelled(by=by)
    before, after = Ended(job="\x00", ending=ending).model_dump_json().split('"\\u0000"')
    ids: list[str] = []
    async with queue_at_hand():
        until = round(await store.now() * 1000)
    rank = found = 0
    while rank >= 0:
        async with queue_at_hand():
            said = [those.kind, those.name, ending.model_dump_json(), f'{before}"', f'"{after}']
            rank, ended = await store.run("clear", [*said, store.keep_ms, rank, BATCH, until, those.server])
        ids += [job.decode() for job in ended]
        found += len(ended)
        if rank < 0 and found:  # ranks move while others are begun: look until nothing is found
            rank = found = 0
    for job in ids:
        await store.drop_checkpoint(job)
    return ids


async def cancel_all(store: JobStore, member: str, by: Owner, server: str = "") -> list[str]:
    """Cancel all jobs of a member (on a server), those being painted too; returns the ids."""
    those = Those("member", member, server)
    async with queue_at_hand():
        painted = await store.redis.smembers(keys.running(f"member:{member}"))  # type: ignore[misc]
    ids = await clear(store, those, by)
    for job in sorted(one.decode() for one in painted):
        try:
            if server and not asked_on(await store.record(job), server):
                continue
            if await ordering.end(store, Cancel(job=job, by=by)):
                ids.append(job)
        except (NoSuchJob, OtherVersion):
            continue
    return ids


def asked_on(record: Record, server: str) -> bool:
    """Whether a job was asked for on a server."""
    return record.reply is not None and str(record.reply.server) == server


def _read(job: str, outcome: bytes) -> str:
    said = outcome.decode()
    if said == "unknown":
        raise NoSuchJob(job)
    if said == "painting":
        raise TooLate(BEGUN)
    if said == "over":
        raise TooLate(OVER)
    return said
