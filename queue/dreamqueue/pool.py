"""Connections to Redis, not more than it is good for: whoever comes when all are taken waits for one.

redis-py's own pools open one for everybody who asks at once, or (the blocking one) lose one when whoever
gives it back is cancelled twice.
"""

from __future__ import annotations

import asyncio
from typing import Any

from redis.asyncio import ConnectionPool
from redis.asyncio.connection import AbstractConnection

MOST = 64
"""Connections of one process. Redis has 10,000 for all, and one process is no faster with more of them."""
PATIENCE = 10.0
"""Seconds to wait for one; then Redis counts as away."""


class Pool(ConnectionPool):
    """The connections of one process; those that listen for news keep theirs."""

    def __init__(self, *given: Any, most: int = MOST, **options: Any) -> None:
        super().__init__(*given, **options)
        self._free = asyncio.Semaphore(most)
        self._taken: set[AbstractConnection] = set()

    async def get_connection(self, *given: Any, **options: Any) -> AbstractConnection:
        """One that is connected. Raises TimeoutError, redis-py's ConnectionError."""
        async with asyncio.timeout(PATIENCE):
            await self._free.acquire()
        try:
            connection: AbstractConnection = await super().get_connection(*given, **options)
        except BaseException:
            self._free.release()
            raise
        self._taken.add(connection)
        return connection

    async def release(self, connection: AbstractConnection) -> None:
        """Give one back."""
        try:
            await super().release(connection)
        finally:
            if connection in self._taken:
                self._taken.discard(connection)
                self._free.release()
