"""A worker process: one engine, one arq worker a lane, and the signs of life."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import torch
from redis.exceptions import NoPermissionError

from dreamconfig.catalogue import models
from dreamconfig.concepts import read_concepts
from dreamconfig.settings import WorkerSettings
from dreamqueue import workers
from dreamqueue.album_trial import try_out
from dreamqueue.client import QueueClient
from dreamqueue.errors import AlbumAway, QueueAway, QueueLocked
from dreamqueue.refusal import PERMISSION
from dreamqueue.store import RedisAway
from dreamqueue.sweep import sweep
from dreamrender import residents
from dreamrender.backend import Backend
from dreamrender.backends import available, load_backend
from dreamrender.collection.shelf import Shelf
from dreamrender.critics.loading import load_critic
from dreamrender.engine import Engine
from dreamrender.fast.precision import choose
from dreamrender.judging.judge import Judge
from dreamrender.judging.looking import Looker
from dreamrender.residents import Residents, residents_on
from dreamrender.shelf import open_shelf, shelf
from dreamrender.worker.answering import Answering
from dreamrender.worker.drain import Drain
from dreamrender.worker.lanes import Lanes
from dreamrender.worker.leaving import (
    BROKEN,
    ENGINE_SECONDS,
    GOING_SECONDS,
    LAST_SECONDS,
    leave,
    leave_within,
)
from dreamrender.worker.missing import fetch_all
from dreamrender.worker.orders import read_orders
from dreamrender.worker.paint import Painter
from dreamrender.worker.picker import Picker
from dreamrender.worker.room import DeviceRoom
from dreamrender.worker.seen import tell
from dreamrender.worker.sessions import sessions
from dreamrender.worker.sign import Sign
from dreamrender.worker.slots import Slots
from dreamrender.worker.watchdog import WorkerBroken, end_if_all_hangs, watch

log = logging.getLogger(__name__)

SWEEP_SECONDS = 30.0
ALBUM_SECONDS = 5.0
"""Between two tries of an album that cannot be used."""


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
    drain: Drain | None = None,
) -> None:
    """Serve the lanes until cancelled, or asked to go by `drain`. Raises WorkerBroken, and PaintError if
    pictures shall be looked through before they are shown and this worker cannot.

    What is still being painted then is handed over. `load` and `backends` replace the registry (for tests).
    """
    drain = drain or Drain()
    device = pick_device(settings.device)
    choose(settings.precision)
    names = list(backends or offered(settings.backends))
    name = settings.name
    open_shelf(settings)
    own = residents_on(device)
    own.budget = settings.memory_gb * 1e9 or None
    looker = Looker(read_concepts(settings.concepts), settings.critic.partition(",")[0].strip(), device)
    await asyncio.to_thread(_prepare, looker)
    slots = sessions(settings, device, names, own.at_most())
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
        checkpoint_seconds=settings.checkpoint_seconds,
    )
    client = await _connect_patiently(settings)
    if settings.album:
        await _album_patiently(client)
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
    painter = Painter(name, client.store, engine, settings.job_timeout, largest, shelf, shared, looker)
    sign = Sign(card, painter, own, shelf)
    lanes = Lanes(client, painter)
    picker = Picker(client, lanes, shared, lambda: sign.card)
    answering = Answering(client.store, Judge(device), lambda: sign.card)
    engine.start()
    await sign.look()
    drain.heeded = True
    over = asyncio.create_task(drain.over(sign.goes, lambda: len(painter.painting)), name="drain")
    tasks = [
        asyncio.create_task(sign.show(client, ready), name="card"),
        asyncio.create_task(watch(engine, settings.step_timeout), name="watchdog"),
        asyncio.create_task(_sweep(client), name="sweep"),
        asyncio.create_task(tell(settings, name, engine, device, client.redis), name="seen"),
        asyncio.create_task(read_orders(client.redis, painter.obey), name="orders"),
        asyncio.create_task(picker.run(), name="picker"),
        asyncio.create_task(answering.run(), name="answering"),
    ]
    log.info("worker %s paints %s on %s", name, ", ".join(names), device)
    try:
        await asyncio.wait({over, *tasks}, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            if task.done():
                task.result()
    finally:
        sign.goes()
        for task in (over, *tasks):
            task.cancel()
        closing = asyncio.create_task(lanes.close(), name="lanes")
        for task in (await asyncio.wait({over, *tasks, closing}, timeout=GOING_SECONDS))[0]:
            if not task.cancelled() and (error := task.exception()) is not None:
                log.debug("%s ended in %r", task.get_name(), error)
        with contextlib.suppress(*RedisAway, NoPermissionError):
            async with asyncio.timeout(1):
                await workers.leave(client.redis, name)
        await asyncio.to_thread(engine.close, 0 if engine.broken else ENGINE_SECONDS)
        residents.release(looker)
        await client.close()


def _prepare(looker: Looker) -> None:
    if looker and shelf().download and looker.critic in models():
        fetch_all(shelf(), [looker.critic])
    looker.prepare()


def _load_critic(name: str, device: str) -> None:
    if shelf().download and name in models():
        fetch_all(shelf(), [name])
    load_critic(name, device)


def main(
    settings: WorkerSettings,
    *,
    load: Callable[[str], Backend] | None = None,
    backends: Sequence[str] | None = None,
) -> None:
    """Run a worker until SIGTERM or Ctrl-C; what it was painting goes to another worker.

    The first signal drains it (`WorkerSettings.drain_seconds`), a second one hands everything over at once.
    Ends the process with status `leaving.BROKEN` if it cannot paint any more, with 1 if its user of Redis may
    too little. `load` and `backends` as in `run_worker`.
    """
    drain = Drain(settings.drain_seconds)
    try:
        asyncio.run(
            _until_told(settings, drain, run_worker(settings, load=load, backends=backends, drain=drain))
        )
    except NoPermissionError as error:
        log.critical("this worker ends: %s: %s", PERMISSION, error)
        raise SystemExit(1) from None


async def _until_told(settings: WorkerSettings, drain: Drain, worker: Coroutine[Any, Any, None]) -> None:
    def told() -> None:
        drain.ask()
        leave_within(LAST_SECONDS + (0 if drain.hurried.is_set() else drain.seconds), 0)

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
    guard = asyncio.create_task(end_if_all_hangs(settings.step_timeout), name="guard")
    task = asyncio.create_task(worker)
    asked = asyncio.create_task(drain.begun.wait())
    await asyncio.wait({task, asked}, return_when=asyncio.FIRST_COMPLETED)
    if not drain.heeded:
        task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        log.info("asked to go before there was anything to do")
    except WorkerBroken as broken:
        log.critical("this worker ends: %s", broken)
        leave(BROKEN)
    finally:
        asked.cancel()
        guard.cancel()


async def _connect_patiently(settings: WorkerSettings) -> QueueClient:
    while True:
        try:
            return await QueueClient.connect(settings)
        except QueueLocked:
            raise
        except QueueAway as away:
            log.warning("Redis does not answer; trying again (%s)", away.__cause__)
            await asyncio.sleep(1)


async def _album_patiently(client: QueueClient) -> None:
    """Begin nothing that could not be kept."""
    while True:
        try:
            return await try_out(client.store.album)
        except AlbumAway as away:
            log.error("the album at DREAM_ALBUM cannot be used; trying again (%s)", away.why)
            await asyncio.sleep(ALBUM_SECONDS)


async def _sweep(client: QueueClient) -> None:
    while True:
        with contextlib.suppress(*RedisAway, QueueAway):
            await sweep(client)
        await asyncio.sleep(SWEEP_SECONDS)


def _gigabytes(own: Residents) -> float | None:
    most = own.at_most()
    return None if most is None else round(most / 1e9, 1)
