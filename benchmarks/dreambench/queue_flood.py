"""Everybody at once: what a queue and a bot answer, and how late, when thousands ask in the same moment."""

from __future__ import annotations

import asyncio
import resource
import statistics
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dreambench.chaos.house import House
from dreambench.queue_scale import member, recipe, settings
from dreampractice.interactions import Interaction
from dreamqueue.client import QueueClient
from dreamqueue.errors import DreamError

PEOPLE = 50
CHANNELS = 5


@dataclass(frozen=True)
class Flood:
    """So many asks at once."""

    asks: int
    limit: int
    """Jobs that may wait."""
    answers: Mapping[str, int]
    """What came of them, by kind."""
    median: float
    """Seconds until the answer, of those that got one."""
    worst: float
    megabytes: Mapping[str, float]
    """Most memory of each process."""


async def submits(url: str, asks: int, limit: int) -> Flood:
    """One client submits `asks` jobs at once to a queue in which `limit` may wait."""
    client = await QueueClient.connect(settings(url, max_waiting=limit))
    answers: Counter[str] = Counter()
    took: list[float] = []

    async def one(number: int, began: float) -> None:
        try:
            await client.submit(recipe(number), member(number))
            answers["queued"] += 1
        except DreamError as error:
            answers[type(error).__name__] += 1
        took.append(time.perf_counter() - began)

    try:
        began = time.perf_counter()
        await asyncio.gather(*(one(number, began) for number in range(asks)))
        memory = float((await client.redis.info("memory"))["used_memory_peak"]) / 1e6
    finally:
        await client.close()
    peaks = {"valkey": memory, "harness": _own_megabytes()}
    return Flood(asks, limit, dict(answers), statistics.median(took or [0.0]), max(took, default=0.0), peaks)


async def crowd(folder: Path, asks: int, limit: int) -> Flood:
    """Members ask a bot on the practice Discord as fast as they can be made to, `asks` times.

    The answer is Discord's first, each timed from its own ask; this process asks and is Discord, on one core.
    """
    limits = {"DREAM_MAX_WAITING": str(limit), "DREAM_MAX_WAITING_PER_MEMBER": str(limit)}
    house = House(folder, workers=0, settings=limits)
    answers: Counter[str] = Counter()
    took: list[float] = []

    async def answered(one: Interaction, began: float) -> None:
        await one.settled.wait()
        if one.failure is not None:
            answers["no answer in 3 s"] += 1
            return
        took.append(time.perf_counter() - began)
        answers["thinking" if one.original is not None and not one.original.ephemeral else "refused"] += 1

    async with house:
        people = [house.discord.add_person(f"member{number}") for number in range(PEOPLE)]
        channels = [f"studio-{number}" for number in range(CHANNELS)]
        for name in channels:
            house.discord.world.add_channel(name)
        await asyncio.sleep(1)
        waiting = []
        for number in range(asks):
            person, channel = people[number % PEOPLE], channels[number % CHANNELS]
            began = time.perf_counter()
            one = person.begin_slash(
                "imagine", channel, {"prompt": f"a hut, number {number}", "size": "64x64"}
            )
            waiting.append(asyncio.create_task(answered(one, began)))
            await asyncio.sleep(0)
        await asyncio.gather(*waiting)
        await asyncio.sleep(2)  # for what the first answers leave behind
        peaks = {role.name: role.peak / 1e6 for role in house.roles} | {"harness": _own_megabytes()}
    return Flood(asks, limit, dict(answers), statistics.median(took or [0.0]), max(took, default=0.0), peaks)


def _own_megabytes() -> float:
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
