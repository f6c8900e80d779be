"""A worker that cannot go on: it ends, the jobs it was at work on have used a try, all others have not."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import torch
from tests.broken_painter import LOST, BrokenPainter
from tests.fakes import GreyBackend, grey_recipe

from dreamconfig.settings import WorkerSettings
from dreamqueue import keys, workers
from dreamqueue.client import QueueClient
from dreamqueue.job import Failed, Finished
from dreamrender import poisoned
from dreamrender.backend import Backend
from dreamrender.engine import Engine
from dreamrender.worker import watchdog
from dreamrender.worker.leaving import BROKEN
from dreamrender.worker.run import run_worker
from dreamrender.worker.watchdog import WorkerBroken, watch

from .on_valkey import ADA, MO, ending, failing_worker, started, worker_here


@pytest.fixture
def broken() -> Iterator[BrokenPainter]:
    painter = BrokenPainter(seconds_per_step=0.002)
    yield painter
    painter.stuck.set()


@pytest.fixture
def two_slots(settings: WorkerSettings) -> WorkerSettings:
    return settings.model_copy(update={"max_sessions": 2, "step_timeout": 1.0})


@contextlib.asynccontextmanager
async def running(settings: WorkerSettings, painter: Backend) -> AsyncIterator[asyncio.Task[None]]:
    """A worker that ends by itself."""
    ready = asyncio.Event()
    task = asyncio.create_task(
        run_worker(settings, load=lambda name: painter, backends=["pixels"], ready=ready)
    )
    await ready.wait()
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.wait({task})


@pytest.mark.parametrize("how", ["hang", "curse", "crack", "hang at once"])
async def test_who_broke_the_worker_has_used_a_try_and_others_have_not(
    client: QueueClient,
    two_slots: WorkerSettings,
    broken: BrokenPainter,
    grey: GreyBackend,
    how: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(watchdog, "LOADING", 1.0)
    async with running(two_slots, broken) as task:
        good = await client.submit(grey_recipe(steps=20_000), ADA)
        await started(client, good.id, "here")
        bad = await client.submit(grey_recipe(how, steps=8), MO)
        with pytest.raises(WorkerBroken):
            await asyncio.wait_for(task, 10)
    assert await workers.awake(client.redis) == [], "it has said goodbye"
    tries = [(await client.record(job.id)).tries for job in (bad, good)]
    assert tries == [1, 0]
    assert await client.redis.exists(keys.lease(bad.id), keys.lease(good.id)) == 0, "others may begin at once"
    async with worker_here(two_slots.model_copy(update={"worker_name": "next"}), grey):
        await started(client, good.id, "next")
        await client.stop(good.id, ADA)
        await ending(client, good.id)
        assert isinstance(await ending(client, bad.id), Finished), "it had to wait for empty hands"


async def test_a_job_that_breaks_two_workers_is_set_aside(
    client: QueueClient, two_slots: WorkerSettings, broken: BrokenPainter
) -> None:
    bad = await client.submit(grey_recipe("curse", steps=8), MO)
    for _ in range(2):
        broken.lost = False
        async with running(two_slots, broken) as task:
            with pytest.raises(WorkerBroken, match="illegal memory access"):
                await asyncio.wait_for(task, 10)
    broken.lost = False
    async with running(two_slots, broken):
        end = await ending(client, bad.id)
    assert isinstance(end, Failed)
    assert "ended 2 workers" in end.reason


def test_a_hung_workers_process_ends_itself_and_another_has_its_jobs_at_once(
    settings: WorkerSettings, client: QueueClient, grey: GreyBackend
) -> None:
    """Not async, so that the wait for the process is a plain one."""
    there = failing_worker(settings, "step_timeout=0.5", "max_sessions=2")
    with there as process, asyncio.Runner() as runner:
        good, bad = runner.run(_two_jobs(settings))
        assert process.wait(30) == BROKEN
        died = time.monotonic()
        runner.run(_both_end(settings, grey, good, bad))
        assert time.monotonic() - died < 5


async def _two_jobs(settings: WorkerSettings) -> tuple[str, str]:
    client = await QueueClient.connect(settings)
    good = await client.submit(grey_recipe(steps=200), ADA)
    await started(client, good.id, "there")
    bad = await client.submit(grey_recipe("hang"), MO)
    await client.close()
    return good.id, bad.id


async def _both_end(settings: WorkerSettings, grey: GreyBackend, *jobs: str) -> None:
    client = await QueueClient.connect(settings)
    async with worker_here(settings, grey):
        for job in jobs:
            assert isinstance(await ending(client, job), Finished)
    await client.close()


async def test_a_turn_of_the_engine_that_takes_long_in_all_does_not_hang(broken: BrokenPainter) -> None:
    """Each beginning and each step has its own time."""
    slow = GreyBackend(seconds_per_step=0.1)
    engine = Engine(lambda name: slow, max_sessions=8)
    engine.start()
    watching = asyncio.create_task(watch(engine, 0.4))
    paintings = [engine.paint(grey_recipe(steps=2)) for _ in range(8)]
    await asyncio.wait(
        {watching, *(asyncio.create_task(one.gone()) for one in paintings)},
        timeout=5,
        return_when=asyncio.FIRST_COMPLETED,
    )
    for one in paintings:
        await one.gone()
    assert not watching.done()
    watching.cancel()
    await asyncio.to_thread(engine.close)


async def test_a_worker_that_was_halted_is_not_given_up(grey: GreyBackend) -> None:
    """A machine that sleeps longer than a step may take: the step was halted with it, and did not hang."""
    engine = Engine(lambda name: grey)
    watching = asyncio.create_task(watch(engine, 0.5))
    with engine.pulse.doing("a step"):
        await asyncio.sleep(0.05)
        asyncio.get_running_loop().call_soon(time.sleep, 1.0)  # nothing of this process runs
        await asyncio.sleep(0.05)
        assert not watching.done()
        with pytest.raises(WorkerBroken, match="a step took longer"):
            await asyncio.wait_for(watching, 10)


async def test_nobody_shares_a_step_with_one_that_is_painted_alone() -> None:
    grey = GreyBackend()
    grey.gate.clear()
    engine = Engine(lambda name: grey, max_sessions=4, batch=4)
    paintings = [engine.paint(grey_recipe(steps=1), alone=number == 0) for number in range(4)]
    engine.start()
    grey.gate.set()
    for one in paintings:
        await one.gone()
    assert sorted(grey.batches) == [1, 3]
    await asyncio.to_thread(engine.close)


def test_what_poisons_a_device(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = [torch.AcceleratorError(LOST), RuntimeError("CUDA error: device-side assert triggered")]
    others = [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB"),
        torch.AcceleratorError("CUDA error: out of memory"),
        RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"),
        ValueError("CUDA error: not torch's"),
    ]
    assert [poisoned.poisoned(error) for error in (*lost, *others)] == [
        True,
        True,
        False,
        False,
        False,
        False,
    ]
    monkeypatch.setattr(poisoned, "_works", lambda: True)
    assert not poisoned.poisoned(lost[0]), "a GPU that still computes is not lost"


async def test_after_it_broke_the_engine_refuses_at_once(broken: BrokenPainter) -> None:
    engine = Engine(lambda name: broken, max_sessions=2)
    engine.start()
    first = engine.paint(grey_recipe("curse"))
    await first.gone()
    assert first.blamed
    second = engine.paint(grey_recipe())
    await second.gone()
    assert not second.blamed
    assert engine.close(5)
