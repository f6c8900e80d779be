"""Connecting to Redis as arq wants it, with JSON for its payloads."""

from __future__ import annotations

from arq.connections import ArqRedis, RedisSettings, create_pool
from pydantic import SecretStr
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from dreamqueue.pool import Pool
from dreamqueue.store import queue_at_hand
from dreamqueue.wire import arq_dumps, arq_loads


async def connect(redis_url: SecretStr) -> ArqRedis:
    """An arq connection pool with JSON payloads. Raises QueueAway when Redis does not answer."""
    settings = RedisSettings.from_dsn(redis_url.get_secret_value())
    settings.conn_retries = 0
    settings.conn_timeout = 5
    settings.retry = Retry(ExponentialBackoff(cap=0.5, base=0.05), 3)
    settings.retry_on_timeout = True
    settings.retry_on_error = [RedisConnectionError, RedisTimeoutError]
    async with queue_at_hand():
        redis = await create_pool(settings, job_serializer=arq_dumps, job_deserializer=arq_loads)
        unbounded = redis.connection_pool
        await unbounded.disconnect()
        redis.connection_pool = Pool(
            connection_class=unbounded.connection_class, **unbounded.connection_kwargs
        )
        return redis
