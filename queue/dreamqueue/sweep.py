"""Puts right what a crash left between two keys: jobs that arq forgot, and jobs that waited too long.
Throws away pictures that are too old."""

from __future__ import annotations

import logging

from dreamqueue import keys
from dreamqueue.client import QueueClient
from dreamqueue.errors import NoSuchJob
from dreamqueue.job import Expired, Failed, JobState
from dreamqueue.store import now

log = logging.getLogger(__name__)

SETTLED_AFTER = 30.0
"""Seconds that a job must be old, so that one just being submitted is left alone."""


async def sweep(client: QueueClient) -> None:
    """Look at every open job once. Safe to run from several processes."""
    store = client.store
    for job_id in await store.open_jobs():
        try:
            record = await store.record(job_id)
        except NoSuchJob:
            await store.redis.zrem(keys.OPEN, job_id)
            continue
        except ValueError:
            log.warning(
                "job %s was written by another version; it is left to a worker of that version", job_id
            )
            continue
        job, age = record.job, now() - record.job.created
        if record.state is JobState.ended or age < SETTLED_AFTER:
            continue
        if record.state is JobState.waiting and age > client.settings.expire_hours * 3600:
            await store.finish(job, Expired(waited=age))
        elif not await store.redis.exists(keys.payload(job_id)):
            if record.state is JobState.waiting:
                log.warning("job %s was stored but never queued; queueing it now", job_id)
                score = await store.redis.zscore(keys.waiting(job.lane), job_id)
                await client.enqueue(job, int(score or 1e10))
            elif not await store.redis.exists(keys.lease(job_id)):
                await store.finish(job, Failed(reason="The worker went away and the job was lost."))
    await store.album.prune()
