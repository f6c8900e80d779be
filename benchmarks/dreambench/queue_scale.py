"""What it costs to come in and to be taken, by how many jobs wait already: it should grow as a logarithm."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import SecretStr

from dreamconfig.settings import QueueSettings
from dreamqueue import keys, workers
from dreamqueue.client import QueueClient
from dreamqueue.job import Failed, Owner
from dreamqueue.needs import Needs, lacks
from dreamqueue.recipe import Phrase, Recipe
from dreamrender.worker.picker import CLAIM_SECONDS, MOST_PASSED, WINDOW_SECONDS

MEMBERS = 200
"""Among whom the waiting jobs are shared."""
AT_ONCE = 32
"""Submissions under way while the queue is filled."""
CARD = workers.WorkerCard(name="bench", backends=("pixels",), device="cpu", slots=1)


@dataclass(frozen=True)
class Depth:
    """One row: so many wait."""

    waiting: int
    submit: float
    """Microseconds of one submission, as the bot makes it; the median."""
    pick: float
    """Microseconds until a worker has chosen and begun its next job; the median."""
    submit_share: float
    """Of the first row's."""
    pick_share: float
    bytes_a_job: float
    """Memory of Valkey for each waiting job."""


def settings(url: str, **changes: int) -> QueueSettings:
    """Limits that nothing here runs into, unless `changes` say so."""
    limits = {"max_waiting": 10**9, "max_waiting_per_member": 10**9, **changes}
    return QueueSettings.model_validate({"redis_url": SecretStr(url), **limits})


def recipe(number: int) -> Recipe:
    """A small one."""
    return Recipe(phrases=(Phrase(text=f"a hut, number {number}"),), steps=40, width=128, height=128, seed=7)


def member(number: int) -> Owner:
    """One of the members."""
    return Owner(id=str(10**17 + number % MEMBERS), name=f"member {number % MEMBERS}")


async def depths(
    url: str, counts: Sequence[int], repeats: int, say: Callable[[str], None] = lambda line: None
) -> list[Depth]:
    """Measure at each of these counts of waiting jobs, which grow; Valkey is empty at the start."""
    client = await QueueClient.connect(settings(url))
    try:
        rows: list[Depth] = []
        there, empty = 0, await _memory(client)
        await workers.show(client.redis, CARD)
        for count in counts:
            say(f"filling the queue up to {count:,} jobs")
            await _fill(client, there, count)
            there = count
            took = (await _memory(client) - empty) / count
            submits, picks = [], []
            for number in range(repeats):
                await workers.show(client.redis, CARD)
                submits.append(await _timed_submit(client, count + number))
                picks.append(await _timed_pick(client))
            first = rows[0] if rows else None
            submit, pick = statistics.median(submits) * 1e6, statistics.median(picks) * 1e6
            rows.append(
                Depth(
                    waiting=count,
                    submit=submit,
                    pick=pick,
                    submit_share=submit / (first.submit if first else submit),
                    pick_share=pick / (first.pick if first else pick),
                    bytes_a_job=took,
                )
            )
        return rows
    finally:
        await client.close()


async def _fill(client: QueueClient, there: int, wanted: int) -> None:
    numbers = iter(range(there, wanted))

    async def some() -> None:
        for number in numbers:
            await client.submit(recipe(number), member(number))

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))


async def _timed_submit(client: QueueClient, number: int) -> float:
    began = time.perf_counter()
    await client.submit(recipe(number), member(number))
    return time.perf_counter() - began


async def _timed_pick(client: QueueClient) -> float:
    """What a worker does, as `dreamrender.worker.picker` asks it, until the job is its own."""
    began = time.perf_counter()
    lanes = await client.redis.hgetall(keys.LANES)  # type: ignore[misc]
    able = [
        {"name": name.decode(), "loaded": True}
        for name, raw in lanes.items()
        if lacks(CARD, Needs.model_validate_json(raw)) is None
    ]
    most = (int(CLAIM_SECONDS * 1000), int(WINDOW_SECONDS * 1000), MOST_PASSED, 0, 20_000)
    picked = await client.store.run("pick", [CARD.name, json.dumps(able), *most])
    job = (await client.store.record(picked[1].decode())).job
    await client.store.begin(job.id, CARD.name)
    took = time.perf_counter() - began
    await client.store.finish(job.id, Failed(reason="The measurement is over."))
    return took


async def _memory(client: QueueClient) -> float:
    return float((await client.redis.info("memory"))["used_memory"])
