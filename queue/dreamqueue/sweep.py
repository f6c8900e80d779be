"""Puts right what nobody else can: jobs that waited too long, and jobs that arq and their worker forgot.

And pictures that are too old are thrown away, where the album does not do so by itself.
"""

from __future__ import annotations

import logging

from dreamqueue import keys
from dreamqueue.client import QueueClient
from dreamqueue.errors import NoSuchJob, OtherVersion
from dreamqueue.job import Expired, Failed, JobState
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
    await _expire(store, now, client.settings.expire_hours * 3600)
    for job, begun in (await store.painting_since()).items():
        if now - begun > LOST_AFTER and not await store.redis.exists(keys.payload(job), keys.lease(job)):
            log.warning("job %s is lost: arq knows nothing of it", job)
            await store.finish(job, Failed(reason="The worker went away and the job was lost."))
    await store.run("tidy", [])
    await store.album.prune()
    return True


async def _expire(store: JobStore, now: float, patience: float) -> None:
    old = await store.redis.zrangebyscore(keys.OPEN, "-inf", (now - patience) * 1000, withscores=True)
    for raw, created in old:
        job = raw.decode()
        try:
            waiting = (await store.record(job)).state is JobState.waiting
            waiting = waiting or not await store.redis.exists(keys.lease(job))
        except NoSuchJob:
            await store.run("forget", [job])
            continue
        except OtherVersion:
            waiting = await store.redis.zscore(keys.WAITING, job) is not None
        if waiting:
            await store.finish(job, Expired(waited=now - float(created) / 1000))
