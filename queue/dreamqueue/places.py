"""Where a job stands, and what it costs: learnt from what such jobs really cost."""

from __future__ import annotations

from dataclasses import dataclass

from dreamqueue import costs, keys, workers
from dreamqueue.job import Job
from dreamqueue.recipe import Recipe
from dreamqueue.store import JobStore, now

UNKNOWN_COST_MS = 60_000.0
"""What a job is taken to cost whose record says nothing."""


@dataclass(frozen=True)
class Place:
    """Where a job stands."""

    ahead: int
    """Jobs that are begun before it."""
    starts_in: float | None
    """Seconds until it is begun, as far as can be told; None when no worker is awake."""


async def estimate(store: JobStore, recipe: Recipe, done: int = 0) -> float:
    """Seconds that painting a recipe takes when `done` of its steps are there already."""
    return (await costs.cost(store.redis, recipe)).of(recipe.work - done)


async def place(store: JobStore, job: str) -> Place | None:
    """Where a job stands; None once it is not waiting. Raises NoSuchJob."""
    record = await store.record(job)
    ahead = await store.waiting_ahead(record)
    if ahead is None:
        return None
    return Place(ahead, await _starts_in(store, record.job, ahead))


async def _starts_in(store: JobStore, job: Job, ahead: int) -> float | None:
    cards = await workers.awake(store.redis)
    slots = sum(card.slots for card in cards if job.lane in card.lanes)
    if not slots:
        return None
    painting = await store.painting_since(job.lane)
    if len(painting) + ahead < slots:
        return 0.0
    before = await store.redis.zrange(keys.waiting(job.lane), 0, ahead - 1) if ahead else []
    async with store.redis.pipeline(transaction=False) as pipe:
        for other in [*(name.decode() for name in before), *painting]:
            pipe.hget(keys.record(other), "cost")
        costs = [float(raw or UNKNOWN_COST_MS) / 1000 for raw in await pipe.execute()]
    waiting, begun = costs[: len(before)], costs[len(before) :]
    rest = [max(1.0, cost - (now() - since)) for cost, since in zip(begun, painting.values(), strict=True)]
    return (sum(waiting) + sum(rest)) / slots
