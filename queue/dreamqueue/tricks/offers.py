"""A test of a trick that was offered with its cost, and waits for a word: go or leave.

The offer has the id that the job will have, so "go" pressed twice is one job; of "go" and "leave" at once the
first counts.
"""

from __future__ import annotations

from typing import Literal

from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.errors import TrickError
from dreamqueue.job import Owner
from dreamqueue.recipe import Recipe
from dreamqueue.scripts import script
from dreamqueue.store import queue_at_hand
from dreamqueue.trial import Trial
from dreamqueue.wire import Wire

LIFE = 3600.0
"""Seconds for which an offer stands."""

Answer = Literal["go", "leave"]


class Offer(Wire):
    """A job to be."""

    job: str
    """The id that it will have."""
    recipe: Recipe
    trial: Trial
    owner: Owner
    typed: str


async def make(redis: Redis, offer: Offer) -> None:
    """Let an offer stand for `LIFE` seconds. Raises QueueAway."""
    async with queue_at_hand(), redis.pipeline(transaction=True) as pipe:
        pipe.hset(keys.offer(offer.job), "offer", offer.model_dump_json())
        pipe.pexpire(keys.offer(offer.job), int(LIFE * 1000))
        await pipe.execute()


async def look(redis: Redis, job: str) -> Offer:
    """An offer that stands, answered or not. Raises TrickError once it is forgotten, QueueAway."""
    async with queue_at_hand():
        raw = await redis.hget(keys.offer(job), "offer")  # type: ignore[misc]
    return _read(raw)


async def answer(redis: Redis, job: str, said: Answer) -> Answer:
    """What was answered first, perhaps now. Raises TrickError once the offer is forgotten, QueueAway."""
    async with queue_at_hand():
        first = await redis.register_script(script("answer_offer"))(args=[job, said])
    if first is None:
        raise _forgotten()
    return "go" if first == b"go" else "leave"


def _read(raw: bytes | None) -> Offer:
    try:
        if raw is not None:
            return Offer.model_validate_json(raw)
    except ValueError:
        pass
    raise _forgotten()


def _forgotten() -> TrickError:
    return TrickError("This offer is too old; please ask for the test once more.")
