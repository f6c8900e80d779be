"""A worker on a real Valkey, in this process or in one of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
from pydantic import SecretStr
from tests.fakes import GreyBackend

from dreamconfig.settings import WorkerSettings
from dreamqueue.client import QueueClient
from dreamqueue.events import Ended, Painted
from dreamqueue.job import Owner
from dreamrender.worker.run import run_worker

ROOT = Path(__file__).resolve().parents[2]
ADA, MO = Owner(id="1", name="Ada"), Owner(id="9", name="Mo")


@pytest.fixture
def settings(redis_url: str) -> WorkerSettings:
    return WorkerSettings(
        redis_url=SecretStr(redis_url), worker_name="here", device="cpu", frame_seconds=0.001, job_timeout=60
    )


@pytest.fixture
async def client(settings: WorkerSettings) -> AsyncIterator[QueueClient]:
    client = await QueueClient.connect(settings)
    yield client
    await client.close()


@pytest.fixture
def grey() -> Iterator[GreyBackend]:
    grey = GreyBackend(seconds_per_step=0.002)
    yield grey
    grey.gate.set()


@contextlib.asynccontextmanager
async def worker_here(
    settings: WorkerSettings, grey: GreyBackend, backends: Sequence[str] = ("pixels",)
) -> AsyncIterator[asyncio.Task[None]]:
    """A worker in this process."""
    ready = asyncio.Event()
    task = asyncio.create_task(run_worker(settings, load=lambda name: grey, backends=backends, ready=ready))
    await ready.wait()
    try:
        yield task
    finally:
        grey.gate.set()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@contextlib.contextmanager
def worker_there(settings: WorkerSettings, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """A slow worker in a process of its own."""
    with _module("tests.slow_worker", settings.redis_url.get_secret_value(), name) as process:
        yield process


@contextlib.contextmanager
def failing_worker(settings: WorkerSettings, *more: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker `there`, in a process of its own, whose painter goes wrong as the prompt says."""
    with _module("tests.failing_worker", settings.redis_url.get_secret_value(), "there", *more) as process:
        yield process


@contextlib.contextmanager
def _module(name: str, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    folders = ["bot", "render", "queue", "config", "practice", "cli", "."]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(ROOT / folder) for folder in folders)}
    command = [sys.executable, "-m", name, *words]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


async def started(client: QueueClient, job: str, worker: str) -> None:
    """Returns when `worker` paints the job."""
    async for news in client.follow(job, tick=0.2):
        if isinstance(news, Painted) and (await client.record(job)).worker == worker:
            return
    raise AssertionError("it ended before")


async def ending(client: QueueClient, job: str) -> object:
    async for news in client.follow(job, tick=0.2):
        if isinstance(news, Ended):
            return news.ending
    raise AssertionError("no end")
