"""Orders from people to jobs that this worker is painting."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.events import ORDER, Cancel, Stop, Turn
from dreamqueue.store import RedisAway

log = logging.getLogger(__name__)


async def read_orders(redis: Redis, obey: Callable[[Cancel | Stop | Turn], None]) -> None:
    """Read the stream of orders for ever. What came before is in the jobs' records."""
    last: bytes | str | None = None
    while True:
        try:
            if last is None:
                newest = await redis.xrevrange(keys.ORDERS, count=1)
                last = newest[0][0] if newest else "0-0"
            answer = await redis.xread({keys.ORDERS: last}, count=100, block=2000)
        except RedisAway:
            await asyncio.sleep(0.5)
            continue
        for _, entries in answer or ():
            for _, fields in entries:
                try:
                    obey(ORDER.validate_json(fields.get(b"order", b"")))
                except ValueError:
                    log.warning("an order of a kind this version does not know: %.120r", fields)
            last = entries[-1][0]
