"""A worker process: one engine, one arq worker a lane, and the signs of life."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Callable, Sequence
from typing import Any

import torch

from dreamconfig.catalogue import models
from dreamconfig.settings import WorkerSettings
from dreamqueue import workers
from dreamqueue.client import QueueClient
from dreamqueue.errors import QueueAway
from dreamqueue.store import RedisAway
from dreamqueue.sweep import sweep
from dreamrender.backend import Backend
from dreamrender.backends import available, load_backend
from dreamrender.collection.shelf import Shelf
from dreamrender.critics.loading import load_critic
from dreamrender.engine import Engine
from dreamrender.fast.precision import choose
from dreamrender.residents import Residents, residents_on
from dreamrender.shelf import open_shelf, shelf
from dreamrender.worker.lanes import Lanes
from dreamrender.worker.missing import fetch_all
from dreamrender.worker.orders import read_orders
from dreamrender.worker.paint import Painter
from dreamrender.worker.picker import Picker
from dreamrender.worker.room import DeviceRoom
from dreamrender.worker.sign import Sign
from dreamrender.worker.slots import Slots

log = logging.getLogger(__name__)

SWEEP_SECONDS = 30.0


def pick_device(wish: str) -> str:
    """The device to paint on: what was asked for, or the best there is."""
    if wish != "auto":
        return wish
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def offered(wish: str) -> list[str]:
    """The backends this worker offers, of those that are installed. Raises ValueError for unknown ones."""
    names = [name.strip() for name in wish.split(",") if name.strip()] or available()
    if unknown := sorted(set(names) - set(available())):
        raise ValueError(f"DREAM_BACKENDS names {', '.join(unknown)}; there are {', '.join(available())}")
    return names


async def run_worker(
    settings: WorkerSettings,
    *,
    load: Callable[[str], Backend] | None = None,
    backends: Sequence[str] | None = None,
    ready: asyncio.Event | None = None,
) -> None:
    """Serve the lanes until cancelled. `load` and `backends` replace the registry (for tests)."""
    device = pick_device(settings.device)
    choose(settings.precision)
    names = list(backends or offered(settings.backends))
    slots = settings.max_sessions or (1 if device == "cpu" else 4)
    name = settings.worker_name or f"{socket.gethostname()}-{os.getpid()}"
    open_shelf(settings)
    own = residents_on(device)
    own.budget = settings.memory_gb * 1e9 or None
    if load is None:
        await asyncio.to_thread(_load_critic, settings.critic, device)
    load = load or (lambda backend: load_backend(backend, device))
    batch = 1 if device == "cpu" else slots
    engine = Engine(
        load,
        max_sessions=slots,
        batch=batch,
        frame_seconds=settings.frame_seconds,
        room=DeviceRoom(own, load, batch),
    )
    client = await _connect_patiently(settings)
    card = workers.WorkerCard(
        name=name,
        backends=tuple(names),
        device=device,
        slots=slots,
        gigabytes=_gigabytes(own),
        since=await client.store.now(),
    )
    largest = int(settings.state_megabytes * 2**20)
    shelf = Shelf(settings.collections)
    shared = Slots(slots)
    painter = Painter(name, client.store, engine, settings.job_timeout, largest, shelf, shared)
    sign = Sign(card, painter, own, shelf)
    lanes = Lanes(client, painter)
    picker = Picker(client, lanes, shared, lambda: sign.card)
    engine.start()
    await sign.look()
    tasks = [
        asyncio.create_task(sign.show(client, ready), name="card"),
        asyncio.create_task(_sweep(client), name="sweep"),
        asyncio.create_task(read_orders(client.redis, painter.obey), name="orders"),
        asyncio.create_task(picker.run(), name="picker"),
    ]
    log.info("worker %s paints %s on %s", name, ", ".join(names), device)
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await lanes.close()
        with contextlib.suppress(*RedisAway):
            await workers.leave(client.redis, name)
        await asyncio.to_thread(engine.close)
        await client.close()


def _load_critic(name: str, device: str) -> None:
    if shelf().download and name in models():
        fetch_all(shelf(), [name])
    load_critic(name, device)


def main(settings: WorkerSettings, **options: Any) -> None:
    """Run a worker until SIGTERM or Ctrl-C; what it was painting goes to another worker.

    `options` are those of `run_worker`, for those who bring painters of their own.
    """

    async def until_told() -> None:
        task = asyncio.create_task(run_worker(settings, **options))
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(until_told())


async def _connect_patiently(settings: WorkerSettings) -> QueueClient:
    while True:
        try:
            return await QueueClient.connect(settings)
        except QueueAway:
            log.warning("Redis does not answer; trying again")
            await asyncio.sleep(1)


async def _sweep(client: QueueClient) -> None:
    while True:
        with contextlib.suppress(*RedisAway, QueueAway):
            await sweep(client)
        await asyncio.sleep(SWEEP_SECONDS)


def _gigabytes(own: Residents) -> float | None:
    most = own.at_most()
    return None if most is None else round(most / 1e9, 1)
