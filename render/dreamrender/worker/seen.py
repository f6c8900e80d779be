"""What can be seen of a worker from outside: its metrics and its health, at DREAM_METRICS_PORT."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.asyncio import Redis

from dreamconfig.settings import WorkerSettings
from dreamqueue.exposed import exposed
from dreamqueue.health import Health, Pulse, RedisPulse
from dreamqueue.metrics import collected, family
from dreamrender import residents
from dreamrender.engine import Engine
from dreamrender.residents import residents_on

HUNG_AFTER = 600.0
"""Seconds without a turn of the engine after which it counts as hung: a large model takes minutes to come."""


class WorkerNow(Collector):
    """Sessions and slots, the engine's silence, the models and the room on its device, when it is asked."""

    def __init__(self, engine: Engine, device: str) -> None:
        self._engine = engine
        self._device = device

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The numbers."""
        sessions = family("sessions", "Jobs in the engine.")
        sessions.add_metric([], self._engine.sessions)
        yield sessions
        slots = family("slots", "Jobs that it paints at once at most.")
        slots.add_metric([], self._engine.max_sessions)
        yield slots
        silence = family(
            "engine_silence_seconds", "Seconds that the engine has been at one thing; 0 while it has no work."
        )
        beat = self._engine.pulse.beat
        silence.add_metric([], beat.seconds if beat else 0.0)
        yield silence
        yield from self._models()
        free = residents_on(self._device).free()
        room = family("device_free_bytes", "Bytes free for models and paintings.", ["device"])
        if free is not None:
            room.add_metric([self._device], free)
        yield room

    def _models(self) -> Iterator[GaugeMetricFamily]:
        labels = ["device", "where"]
        count = family("models", "Models on the device, or in main memory beside it.", labels)
        size = family("model_bytes", "Bytes that those take there.", labels)
        for device, rows in residents.table().items():
            for where in ("device", "main memory"):
                there = [row.megabytes for row in rows if row.where == where]
                count.add_metric([device, where], len(there))
                size.add_metric([device, where], sum(there) * 1e6)
        yield count
        yield size


async def tell(settings: WorkerSettings, name: str, engine: Engine, device: str, redis: Redis) -> None:
    """Tell for ever."""
    pulse, heard = Pulse(), RedisPulse(lambda: redis)
    health = Health(worker=name)
    health.add("event loop", pulse.check)
    health.add("redis", heard.check)
    health.add("engine", lambda: engine_check(engine))
    with (
        collected(WorkerNow(engine, device)),
        exposed(settings.metrics_host, settings.metrics_port, health),
    ):
        async with asyncio.TaskGroup() as group:
            group.create_task(pulse.run(), name="pulse")
            group.create_task(heard.run(), name="pulse of redis")


def engine_check(engine: Engine) -> str | None:
    """What is wrong with the engine's thread."""
    if not engine.alive:
        return "its thread has ended"
    if engine.broken is not None:
        return engine.broken
    beat = engine.pulse.beat
    return f"hung for {beat.seconds:.0f} s" if beat and beat.seconds > HUNG_AFTER else None
