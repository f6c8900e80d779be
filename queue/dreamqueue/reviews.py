"""What moderators decide about pictures that were held back."""

from __future__ import annotations

import contextlib

from dreamqueue.errors import NoSuchJob
from dreamqueue.job import Record, Review
from dreamqueue.kept import blobs
from dreamqueue.store import JobStore, RedisAway, queue_at_hand


async def decide(store: JobStore, record: Record, review: Review) -> tuple[Review, bool]:
    """Show or drop a picture. Returns the decision that counts, the first one, and whether it is this.

    What is dropped is not kept any longer. Raises NoSuchJob for one that has not ended, QueueAway.
    """
    async with queue_at_hand():
        told = await store.run("decide", [record.job.id, review.model_dump_json()])
        if told is None:
            raise NoSuchJob(record.job.id)
        counts = Review.model_validate_json(told[1])
        if counts.verdict == "drop":
            for name in blobs(record):
                with contextlib.suppress(*RedisAway):
                    await store.album.drop(name)
    return counts, bool(told[0])
