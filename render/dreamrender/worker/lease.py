"""The lease on a job: renewed while we live, so that another worker takes the job soon after we die."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable

from dreamqueue.store import JobStore, RedisAway

log = logging.getLogger(__name__)

LEASE_SECONDS = 3.0
RENEW_SECONDS = 1.0


@contextlib.asynccontextmanager
async def lease(store: JobStore, job: str, holder: str, lost: Callable[[], None]) -> AsyncIterator[None]:
    """Renew the lease each second while the block runs; `lost` is called once another has the job."""
    task = asyncio.create_task(_renew(store, job, holder, lost), name=f"lease {job}")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _renew(store: JobStore, job: str, holder: str, lost: Callable[[], None]) -> None:
    while True:
        try:
            if not await store.renew(job, holder, LEASE_SECONDS):
                log.warning("job %s is not ours any more", job)
                lost()
                return
        except RedisAway:
            log.warning("job %s: the lease could not be renewed, Redis is away", job)
        await asyncio.sleep(RENEW_SECONDS)
