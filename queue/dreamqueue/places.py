"""Where a job stands, and what it costs: learnt from what such jobs really cost."""

from __future__ import annotations

from dataclasses import dataclass

from dreamconfig.catalogue import backends
from dreamqueue import keys, workers
from dreamqueue.course import shortest, write_course
from dreamqueue.job import Job
from dreamqueue.needs import Needs, lacks
from dreamqueue.recipe import Recipe
from dreamqueue.store import JobStore

UNKNOWN_COST_MS = 60_000.0
"""What a job is taken to cost whose record says nothing."""


@dataclass(frozen=True)
class Place:
    """Where a job stands."""

    ahead: int
    """Jobs that are begun before it."""
    starts_in: float | None
    """Seconds until it is begun, as far as can be told; None when no worker is awake."""


def cost_kind(recipe: Recipe) -> str:
    """Jobs of one kind cost the same a step."""
    kind = f"{recipe.backend}:{recipe.preset}:{recipe.critic}:{recipe.width}x{recipe.height}"
    dials = [
        write_course(dial) for dial in (recipe.cuts, recipe.resolution, recipe.guidance) if dial is not None
    ]
    ways = [recipe.scheduler, recipe.gradient, f"hires {shortest(recipe.hires)}" if recipe.hires != 1 else ""]
    return ":".join([kind, *dials, *filter(None, ways)])


async def estimate(store: JobStore, recipe: Recipe, done: int = 0) -> float:
    """Seconds that painting a recipe takes when `done` of its steps are there already."""
    entry = backends()[recipe.backend]
    a_step = await store.cost(cost_kind(recipe))
    if a_step is None:
        area = recipe.width * recipe.height / (entry.size[0] * entry.size[1])
        a_step = entry.seconds_per_step * max(0.5, area)
    return max(1.0, a_step * max(1, recipe.work - done))


async def place(store: JobStore, job: str) -> Place | None:
    """Where a job stands; None once it is not waiting. Raises NoSuchJob."""
    record = await store.record(job)
    ahead = await store.waiting_ahead(record)
    if ahead is None:
        return None
    return Place(ahead, await _starts_in(store, record.job, ahead))


async def _starts_in(store: JobStore, job: Job, ahead: int) -> float | None:
    raw = await store.redis.hget(keys.LANES, job.lane)  # type: ignore[misc]
    cards = await workers.awake(store.redis)
    able = [card for card in cards if raw is not None and lacks(card, Needs.model_validate_json(raw)) is None]
    slots = sum(card.slots for card in able)
    if not slots:
        return None
    painting = await store.painting_since()
    if len(painting) + ahead < slots:
        return 0.0
    before = await store.redis.zrange(keys.WAITING, 0, ahead - 1) if ahead else []
    async with store.redis.pipeline(transaction=False) as pipe:
        for other in [*(name.decode() for name in before), *painting]:
            pipe.hget(keys.record(other), "cost")
        costs = [float(raw or UNKNOWN_COST_MS) / 1000 for raw in await pipe.execute()]
    waiting, begun = costs[: len(before)], costs[len(before) :]
    now = await store.now()
    rest = [max(1.0, cost - (now - since)) for cost, since in zip(begun, painting.values(), strict=True)]
    return (sum(waiting) + sum(rest)) / slots
