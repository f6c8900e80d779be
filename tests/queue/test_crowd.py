"""Thousands at once: a bounded number of connections, some are served, the others told so."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from dreamconfig.settings import QueueSettings
from dreamqueue.client import MOST_IN_LINE, SUBMITTED_AT_ONCE, QueueClient
from dreamqueue.crowd import Crowd
from dreamqueue.errors import DreamError, TooMany
from dreamqueue.job import Owner
from dreamqueue.pool import MOST
from dreamqueue.recipe import Phrase, Recipe

HUT = Recipe(phrases=(Phrase(text="a hut"),), steps=8, width=32, height=32, seed=7)


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[QueueClient]:
    settings = QueueSettings(
        redis_url=SecretStr(redis_url), max_waiting=10_000, max_waiting_per_member=10_000
    )
    client = await QueueClient.connect(settings)
    yield client
    await client.close()


async def test_a_crowd_is_queued_or_told_so(client: QueueClient) -> None:
    answers: Counter[str] = Counter()

    async def one(number: int) -> None:
        try:
            await client.submit(HUT, Owner(id=str(number), name="somebody"))
            answers["queued"] += 1
        except DreamError as error:
            answers[type(error).__name__] += 1

    many = 2 * MOST_IN_LINE
    await asyncio.gather(*(one(number) for number in range(many)))
    served = SUBMITTED_AT_ONCE + MOST_IN_LINE
    assert answers == {"queued": served, "TooMany": many - served}
    assert len(await client.store.open_jobs()) == served
    assert (await client.redis.info("clients"))["connected_clients"] <= MOST + 5


async def test_connections_are_bounded_and_none_is_lost_to_whoever_gave_up(
    client: QueueClient, redis_url: str
) -> None:
    waiting = [asyncio.create_task(client.redis.blpop(["nothing"], 60)) for _ in range(3 * MOST)]  # type: ignore[arg-type]
    async with Redis.from_url(redis_url) as other, asyncio.timeout(10):
        while True:
            if (await other.info("clients"))["blocked_clients"] == MOST:
                break
            await asyncio.sleep(0.01)
    for task in waiting:
        task.cancel()
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    async with asyncio.timeout(5):
        assert all(await asyncio.gather(*(client.redis.ping() for _ in range(3 * MOST))))
    assert (await client.redis.info("clients"))["connected_clients"] <= MOST + 5


async def test_the_line_is_kept_in_order_and_has_an_end() -> None:
    crowd, order, gate = Crowd(inside=1, in_line=2), list[int](), asyncio.Event()

    async def one(number: int) -> None:
        async with crowd:
            await gate.wait()
            order.append(number)

    tasks = [asyncio.create_task(one(number)) for number in range(4)]
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    assert [task.exception().__class__ for task in done] == [TooMany]
    gate.set()
    await asyncio.gather(*tasks[:3])
    assert order == [0, 1, 2]
