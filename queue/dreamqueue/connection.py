"""Connecting to Redis: JSON for what arq stores, TLS that is checked, sockets that notice silence."""

from __future__ import annotations

import logging
import socket
import ssl
import sys
from typing import Any

from arq.connections import ArqRedis
from redis.asyncio import SSLConnection
from redis.asyncio.connection import Connection, parse_url
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from dreamconfig.settings import QueueSettings
from dreamqueue.album import check_place
from dreamqueue.errors import QueueLocked
from dreamqueue.pool import Pool
from dreamqueue.refusal import refusal
from dreamqueue.store import queue_at_hand
from dreamqueue.wire import arq_dumps, arq_loads

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5
"""Seconds that a connection may take to come about."""

SILENT_MS = 8000
"""Milliseconds after which what was sent and never acknowledged ends a connection."""

KEEPALIVE = {"TCP_KEEPIDLE": 4, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 2, "TCP_USER_TIMEOUT": SILENT_MS}
"""Asked after 4 seconds of silence, and twice more: a machine that is gone is noticed within 10 seconds."""


class TLSConnection(SSLConnection):
    """Over TLS, by a context that is made once."""

    def __init__(self, *, tls: ssl.SSLContext, **options: Any) -> None:
        super().__init__(**options)
        self.ssl_context.context = tls


async def connect(settings: QueueSettings) -> ArqRedis:
    """An arq connection pool with JSON payloads.

    Raises QueueAway when Redis does not answer, QueueLocked when it answers and will not have us, NoSuchAlbum
    before that, so that no connection is left open by whoever needs both.
    """
    check_place(settings.album)
    options = _options(settings)
    redis = ArqRedis(Pool(**options), arq_dumps, arq_loads)
    redis.auto_close_connection_pool = True
    try:
        async with queue_at_hand():
            try:
                await redis.ping()
            except (RedisError, OSError) as error:
                if why := refusal(error, over_tls="tls" in options):
                    raise _refused(why) from None
                raise
    except BaseException:
        await redis.aclose()
        raise
    return redis


def tls_context(settings: QueueSettings) -> ssl.SSLContext:
    """Whom we trust and who we are. The name of the host is always checked. Raises QueueLocked."""
    try:
        context = ssl.create_default_context(cafile=settings.redis_ca or None)
        if settings.redis_cert:
            context.load_cert_chain(settings.redis_cert, settings.redis_key or None)
    except OSError as error:  # an ssl.SSLError is one
        given = ("DREAM_REDIS_CA", settings.redis_ca), ("DREAM_REDIS_CERT", settings.redis_cert)
        named = " or ".join(f"{name} ({path})" for name, path in given if path)
        raise _refused(f"{named} cannot be read: {error.strerror or error}") from None
    return context


def _refused(why: str) -> QueueLocked:
    log.error("Redis: %s", why)
    return QueueLocked(why)


def _options(settings: QueueSettings) -> dict[str, Any]:
    given: dict[str, Any] = dict(parse_url(settings.redis_url.get_secret_value()))
    options: dict[str, Any] = {
        "retry": Retry(ExponentialBackoff(cap=0.5, base=0.05), 3),
        "retry_on_error": [RedisConnectionError, RedisTimeoutError],
        "socket_connect_timeout": CONNECT_SECONDS,
    }
    kind = given.get("connection_class", Connection)
    if issubclass(kind, Connection):
        options |= {"socket_keepalive": True, "socket_keepalive_options": keepalive_options()}
    if issubclass(kind, SSLConnection):
        given["connection_class"] = TLSConnection
        options["tls"] = tls_context(settings)
    return options | given


def keepalive_options() -> dict[int, int]:
    """What this system has of `KEEPALIVE`, by the number of the socket option."""
    options = {getattr(socket, name): value for name, value in KEEPALIVE.items() if hasattr(socket, name)}
    if sys.platform == "darwin" and hasattr(socket, "TCP_KEEPALIVE"):
        options[socket.TCP_KEEPALIVE] = KEEPALIVE["TCP_KEEPIDLE"]
    return options
