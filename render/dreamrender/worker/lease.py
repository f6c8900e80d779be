"""The lease on a job: renewed while we live, so that another worker takes the job soon after we die."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.store import RedisAway

log = logging.getLogger(__name__)

LEASE_SECONDS = 3.0
RENEW_SECONDS = 1.0


@contextlib.asynccontextmanager
async def lease(redis: Redis, job: str) -> AsyncIterator[None]:
    """Renew arq's in-progress sign of a job each second while the block runs."""
    task = asyncio.create_task(_renew(redis, job), name=f"lease {job}")
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _renew(redis: Redis, job: str) -> None:
    while True:
        try:
            await redis.set(keys.lease(job), b"1", px=int(LEASE_SECONDS * 1000))
        except RedisAway:
            log.warning("job %s: the lease could not be renewed, Redis is away", job)
        await asyncio.sleep(RENEW_SECONDS)
