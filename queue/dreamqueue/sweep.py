"""Puts right what nobody else can: jobs that waited too long, and jobs that arq and their worker forgot.

And pictures that are too old are thrown away, where the album does not do so by itself.
"""

from __future__ import annotations

import logging

from dreamqueue import keys
from dreamqueue.client import QueueClient
from dreamqueue.job import Expired, Failed
from dreamqueue.patience import live_on, waited
from dreamqueue.store import JobStore

log = logging.getLogger(__name__)

LOST_AFTER = 30.0
"""Seconds since a job was begun after which it counts as lost if arq knows nothing of it."""
ALONE_SECONDS = 10.0
"""How long nobody else sweeps after one did."""


async def sweep(client: QueueClient, *, alone: float = ALONE_SECONDS) -> bool:
    """Look once, unless somebody did just now: then False. Safe to run from several processes."""
    store = client.store
    if alone and not await store.redis.set(keys.SWEEPING, b"1", px=int(alone * 1000), nx=True):
        return False
    now = await store.now()
    await _expire(store, client.settings.expire_hours * 3600)
    for job, begun in (await store.painting_since()).items():
        if now - begun > LOST_AFTER and not await store.redis.exists(keys.payload(job), keys.lease(job)):
            log.warning("job %s is lost: arq knows nothing of it", job)
            await store.finish(job, Failed(reason="The worker went away and the job was lost."))
    await store.run("tidy", [])
    await store.album.prune()
    return True


async def _expire(store: JobStore, patience: float) -> None:
    async for one in waited(store, patience):
        if not one.known:
            await store.run("forget", [one.job])
        elif one.counted > patience:
            await store.finish(one.job, Expired(waited=one.counted))
        else:
            await live_on(store, one)
