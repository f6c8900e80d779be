"""One reader of the news stream a process, whatever the number of jobs it follows."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import defaultdict

from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.events import NEWS, Ended, Painted, Queued, Started
from dreamqueue.store import RedisAway

log = logging.getLogger(__name__)

AnyNews = Queued | Started | Painted | Ended


class Letterbox:
    """News of one job that its follower has not read yet. Of several `Painted` only the newest stays."""

    def __init__(self) -> None:
        self._items: list[AnyNews] = []
        self._arrived = asyncio.Event()

    def put(self, news: AnyNews) -> None:
        """Add what happened."""
        if isinstance(news, Painted):
            self._items = [item for item in self._items if not isinstance(item, Painted)]
        self._items.append(news)
        self._arrived.set()

    async def get(self, timeout: float) -> AnyNews | None:
        """The oldest unread news, or None after `timeout` seconds of silence."""
        if not self._items:
            self._arrived.clear()
            try:
                async with asyncio.timeout(timeout):  # wait_for may swallow a cancellation before 3.12
                    await self._arrived.wait()
            except TimeoutError:
                return None
        return self._items.pop(0)


class NewsReader:
    """Reads the news stream in a task of its own and hands each piece to those who follow its job."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._boxes: dict[str, set[Letterbox]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    async def open(self, job: str) -> Letterbox:
        """Follow a job from now on. Close with `close`."""
        async with self._starting:
            if self._task is None or self._task.done():
                newest = await self._redis.xrevrange(keys.NEWS, count=1)
                self._task = asyncio.create_task(self._read(newest[0][0] if newest else b"0-0"), name="news")
        box = Letterbox()
        self._boxes[job].add(box)
        return box

    def close(self, job: str, box: Letterbox) -> None:
        """Stop following."""
        self._boxes[job].discard(box)
        if not self._boxes[job]:
            del self._boxes[job]

    async def stop(self) -> None:
        """End the reading task."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _read(self, last: bytes) -> None:
        while True:
            try:
                answer = await self._redis.xread({keys.NEWS: last}, count=500, block=2000)
            except RedisAway:
                log.warning("the news stream does not answer; trying again")
                await asyncio.sleep(0.5)
                continue
            for _, entries in answer or ():
                for _, fields in entries:
                    self._hand_out(fields.get(b"news", b""))
                last = entries[-1][0]

    def _hand_out(self, raw: bytes) -> None:
        try:
            news = NEWS.validate_json(raw)
        except ValueError:
            log.warning("news of a kind this version does not know: %.120r", raw)
            return
        for box in self._boxes.get(news.job, ()):
            box.put(news)
