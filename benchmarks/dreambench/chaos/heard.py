"""What the news stream told, read beside all faults: how often each job was said to have ended."""

from __future__ import annotations

import asyncio
from collections import Counter

from redis.asyncio import Redis
from redis.exceptions import RedisError

from dreamqueue import keys
from dreamqueue.events import NEWS, Ended


class Heard:
    """Reads the stream for ever, past restarts of Valkey."""

    def __init__(self, port: int) -> None:
        self.redis = Redis(host="127.0.0.1", port=port)
        self.ended: Counter[str] = Counter()
        """How often each job ended."""
        self.last = "0-0"

    async def listen(self) -> None:
        """Count until cancelled."""
        while True:
            try:
                answer = await self.redis.xread({keys.NEWS: self.last}, count=500, block=1000)
            except (RedisError, OSError):
                await asyncio.sleep(0.2)
                continue
            for _, entries in answer or ():
                for name, fields in entries:
                    self.last = name.decode()
                    self._hear(fields[b"news"])

    def _hear(self, raw: bytes) -> None:
        try:
            news = NEWS.validate_json(raw)
        except ValueError:
            return
        if isinstance(news, Ended):
            self.ended[news.job] += 1

    async def close(self) -> None:
        """Let go of the connection."""
        await self.redis.aclose()
