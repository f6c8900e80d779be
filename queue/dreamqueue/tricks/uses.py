"""Counting which tricks pictures were painted with."""

from __future__ import annotations

from redis.asyncio import Redis

from dreamqueue.events import Ended
from dreamqueue.job import Finished, Job, Stopped
from dreamqueue.tricks.store import TrickStore


async def count_uses(redis: Redis, job: Job, news: object) -> None:
    """Count the tricks of a job that has ended with a picture, once however often it is told. Raises
    QueueAway."""
    if isinstance(news, Ended) and isinstance(news.ending, (Finished, Stopped)) and job.recipe.styles:
        await TrickStore(redis).used(job.id, [style.name for style in job.recipe.styles])
