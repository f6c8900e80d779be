"""A door to a real queue, and a worker that picks from it, for tests of moderators' controls."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.client import QueueClient
from dreamqueue.job import Owner
from dreamqueue.needs import needs_of
from dreamqueue.recipe import Phrase, Recipe
from dreamqueue.workers import WorkerCard, show

ADA, BO, MO = Owner(id="1", name="Ada"), Owner(id="2", name="Bo"), Owner(id="3", name="Mo")
PIXELS = Recipe(phrases=(Phrase(text="a hut"),), seed=7)
VQGAN = Recipe(phrases=(Phrase(text="a hut"),), seed=7, backend="vqgan", preset="pocket")
PIXELS_LANE, VQGAN_LANE = needs_of(PIXELS, ADA.id).lane, needs_of(VQGAN, ADA.id).lane


async def wakes(client: QueueClient, name: str = "w", *backends: str) -> None:
    """A worker is awake."""
    card = WorkerCard(name=name, backends=backends or ("pixels", "vqgan"), device="cpu", slots=1)
    await show(client.redis, card)


async def asks(client: QueueClient, *asked: tuple[Recipe, Owner]) -> list[str]:
    """Jobs come in; their ids."""
    return [(await client.submit(recipe, owner)).id for recipe, owner in asked]


async def picks(client: QueueClient, worker: str = "w", lanes: Sequence[str] = ()) -> str | None:
    """The job that a worker would begin."""
    named = [{"name": lane, "loaded": True} for lane in lanes or (PIXELS_LANE, VQGAN_LANE)]
    found = await client.store.run("pick", [worker, json.dumps(named), 1000, 60_000, 4, 0, 20_000])
    return found[1].decode() if found else None


async def begins(client: QueueClient, worker: str = "w", lanes: Sequence[str] = ()) -> str | None:
    """The job that a worker picks and begins."""
    job = await picks(client, worker, lanes)
    if job is not None:
        assert (await client.store.begin(job, worker)).verdict == "go"
        await client.redis.set(keys.lease(job), b"1", px=60_000)
    return job


class Forgetful(Redis):
    """Its first answer to each command is lost, so it is sent again."""

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        await super().execute_command(*args, **options)
        return await super().execute_command(*args, **options)
