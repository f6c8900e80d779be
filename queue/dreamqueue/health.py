"""Whether this process is well: checks that any thread can make, and the heartbeats that they look at."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeAlias

from redis.asyncio import Redis
from redis.exceptions import RedisError

from dreamqueue.metrics import LOOP_LATE, REDIS_AWAY
from dreamqueue.store import RedisAway

Check: TypeAlias = Callable[[], str | None]
"""What is wrong, in a few words; None if all is well. Any thread may ask, and is answered at once."""

STUCK_AFTER = 10.0
"""Seconds without a beat after which the event loop counts as stuck."""
SILENT_AFTER = 30.0
"""Seconds without an answer after which Redis counts as lost."""


class Health:
    """The checks of a process. `own` says who it is, such as `worker="attic"`."""

    def __init__(self, **own: str) -> None:
        self.own = own
        self._checks: dict[str, Check] = {}

    def add(self, name: str, check: Check) -> None:
        """Make this check, too."""
        self._checks[name] = check

    def report(self) -> dict[str, object]:
        """`ok`, who this is, and each check with "ok" or what is wrong."""
        found = {name: check() for name, check in self._checks.items()}
        return {
            "ok": not any(found.values()),
            **self.own,
            "checks": {name: wrong or "ok" for name, wrong in found.items()},
        }


class Pulse:
    """The event loop's heartbeat."""

    def __init__(self, every: float = 1.0, stuck_after: float = STUCK_AFTER) -> None:
        self._every, self._stuck_after = every, stuck_after
        self._beat = time.monotonic()

    async def run(self) -> None:
        """Beat for ever."""
        while True:
            before, self._beat = self._beat, time.monotonic()
            LOOP_LATE.set(max(0.0, self._beat - before - self._every))
            await asyncio.sleep(self._every)

    def check(self) -> str | None:
        """Whether it beats."""
        silence = time.monotonic() - self._beat
        return f"stuck for {silence:.0f} s" if silence > self._stuck_after else None


class RedisPulse:
    """Asks Redis for a sign of life; `redis` gives None while there is no connection yet."""

    def __init__(
        self, redis: Callable[[], Redis | None], every: float = 2.0, silent_after: float = SILENT_AFTER
    ) -> None:
        self._redis, self._every, self._silent_after = redis, every, silent_after
        self._heard = self._asked = time.monotonic()

    async def run(self) -> None:
        """Ask for ever."""
        while True:
            answered = await self._answers()
            now = time.monotonic()
            if answered:
                self._heard = now
            else:
                REDIS_AWAY.inc(now - self._asked)
            self._asked = now
            await asyncio.sleep(self._every)

    async def _answers(self) -> bool:
        redis = self._redis()
        if redis is None:
            return False
        try:
            async with asyncio.timeout(self._every + 1):
                await redis.ping()
        except (*RedisAway, RedisError):
            return False
        return True

    def check(self) -> str | None:
        """Whether Redis was heard of lately."""
        silence = time.monotonic() - self._heard
        return f"not heard of for {silence:.0f} s" if silence > self._silent_after else None
