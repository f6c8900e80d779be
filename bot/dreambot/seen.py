"""What can be seen of the bot from outside: its metrics and its health, at DREAM_METRICS_PORT.

The bot is the one that is there once, so it tells the length of the queue too, looked up every few seconds.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from dreamqueue.errors import QueueAway
from dreamqueue.exposed import exposed
from dreamqueue.health import Health, Pulse, RedisPulse
from dreamqueue.metrics import collected, family
from dreamqueue.overview import Overview, look
from dreamqueue.store import RedisAway

if TYPE_CHECKING:
    from dreambot.app import DreamBot

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""How often the queue is looked at."""
STALE_AFTER = 30.0
"""Seconds after which what was seen of the queue is not told any more."""
PARTED_AFTER = 30.0
"""Seconds without Discord's gateway after which the bot counts as unwell."""


class Gateway:
    """Whether Discord's gateway is connected."""

    def __init__(self, bot: DreamBot) -> None:
        self._parted: float | None = None if bot.is_ready() else time.monotonic()
        for event in ("on_connect", "on_ready", "on_resumed"):
            bot.add_listener(self._met, event)
        bot.add_listener(self._left, "on_disconnect")

    @property
    def connected(self) -> bool:
        """Right now."""
        return self._parted is None

    def check(self) -> str | None:
        """Whether it was away for long."""
        parted = self._parted
        silence = 0.0 if parted is None else time.monotonic() - parted
        return f"not connected for {silence:.0f} s" if silence > PARTED_AFTER else None

    async def _met(self) -> None:
        self._parted = None

    async def _left(self) -> None:
        if self._parted is None:
            self._parted = time.monotonic()


class BotNow(Collector):
    """Jobs followed, the gateway, and the queue as it was seen last."""

    def __init__(self, bot: DreamBot, gateway: Gateway) -> None:
        self._bot, self._gateway = bot, gateway
        self._seen: Overview | None = None
        self._when = 0.0

    async def run(self) -> None:
        """Look at the queue every few seconds, for ever."""
        while True:
            try:
                self._seen = await look(self._bot.queue.store)
                self._when = time.monotonic()
            except (QueueAway, *RedisAway, RedisError):
                pass
            except Exception:
                log.exception("the queue cannot be looked at")
            await asyncio.sleep(LOOK_SECONDS)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The numbers."""
        followed = family("jobs_followed", "Jobs that this bot shows.")
        followed.add_metric([], self._bot.watches.count)
        yield followed
        gateway = family("gateway_connected", "1 while Discord's gateway is connected.")
        gateway.add_metric([], self._gateway.connected)
        yield gateway
        yield from _queue(self._seen if time.monotonic() - self._when < STALE_AFTER else None)


@asynccontextmanager
async def seen(bot: DreamBot) -> AsyncIterator[None]:
    """Tell while the block runs."""
    gateway, pulse = Gateway(bot), Pulse()
    heard = RedisPulse(lambda: bot.redis)
    now = BotNow(bot, gateway)
    health = Health(bot=socket.gethostname())
    health.add("event loop", pulse.check)
    health.add("redis", heard.check)
    health.add("gateway", gateway.check)
    async with AsyncExitStack() as stack:
        stack.enter_context(collected(now))
        tasks = [asyncio.create_task(one.run(), name="pulse") for one in (pulse, heard, now)]
        stack.push_async_callback(_end, tasks)
        stack.enter_context(exposed(bot.settings.metrics_host, bot.settings.metrics_port, health))
        yield


def _queue(seen: Overview | None) -> Iterator[GaugeMetricFamily]:
    """The queue's numbers; none where it was not seen lately."""
    waiting = family("waiting_jobs", "Jobs that wait, by lane.", ["lane"])
    oldest = family("oldest_waiting_seconds", "How long the oldest of them has waited.", ["lane"])
    painting = family("painting_jobs", "Jobs being painted, by lane.", ["lane"])
    workers = family("workers", "Workers that are awake, by mode.", ["mode"])
    memory = family("redis_memory_bytes", "Memory of Redis: used, and its limit (0: none).", ["what"])
    halted = family(
        "halts", "What moderators have halted, by kind: all, drain, backend, lane, worker.", ["kind"]
    )
    held = family("held_jobs", "Waiting jobs that a moderator holds.")
    for lane in seen.lanes if seen is not None else ():
        waiting.add_metric([lane.name], lane.waiting)
        painting.add_metric([lane.name], lane.painting)
        oldest.add_metric([lane.name], lane.oldest or 0.0)
    if seen is not None:
        for mode, count in Counter(card.mode for card in seen.workers).items():
            workers.add_metric([mode], count)
        for kind, count in Counter(what.partition(":")[0] for what in seen.halts).items():
            halted.add_metric([kind], count)
        held.add_metric([], seen.aside)
        memory.add_metric(["used"], seen.memory.used)
        memory.add_metric(["limit"], seen.memory.limit)
    yield from (waiting, oldest, painting, workers, halted, held, memory)


async def _end(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
