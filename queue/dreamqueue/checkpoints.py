"""Paintings saved on their way, in the album: laid down by the worker that has a job, picked up by the next.

A checkpoint's bytes are stored first, under a name that no other bytes can have, then noted in the record,
and then the one before is dropped. So whenever a worker dies the record names one that is whole.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from dreamqueue import keys
from dreamqueue.album import name_of
from dreamqueue.events import Started
from dreamqueue.job import Checkpoint, Record
from dreamqueue.store import JobStore


async def lay_down(
    store: JobStore,
    job: str,
    data: bytes,
    facts: Mapping[str, Any],
    note: Callable[[Checkpoint], Awaitable[bool]],
    before: str | None,
) -> str | None:
    """Store a painting on its way and note it; gives its name, or None if the job is another's by now.

    `facts` are a `Checkpoint`'s other fields, `note` writes it into the record if the job is still ours, and
    `before` is the name of the one that it replaces.
    """
    name = f"checkpoint-{job}-{await asyncio.to_thread(name_of, data)}"
    await store.album.put(name, data)
    if not await note(Checkpoint(name=name, **facts)):
        if await store.checkpoint(job) != name:
            await store.album.drop(name)
        return None
    if before is not None and before != name:
        await store.album.drop(before)
    return name


async def pick_up(store: JobStore, record: Record) -> bytes | None:
    """The bytes of a job's checkpoint; None if it has none that is whole."""
    return None if record.checkpoint is None else await store.album.get(record.checkpoint.name)


async def begin_anew(store: JobStore, record: Record, holder: str) -> None:
    """The checkpoint cannot be taken up: forget it, and tell everybody that it was not."""
    job = record.job.id
    if record.checkpoint is not None and await store.note(job, holder, checkpoint="", resumed="0"):
        news = Started(job=job, worker=record.worker or "", tries=record.tries)
        await store.redis.xadd(keys.NEWS, {"news": news.model_dump_json()}, maxlen=10_000, approximate=True)
        await store.album.drop(record.checkpoint.name)
