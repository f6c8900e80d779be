"""A client on a queue of its own, with the settings that a community begins with."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from dreamconfig.settings import QueueSettings
from dreamqueue.client import QueueClient


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[QueueClient]:
    client = await QueueClient.connect(QueueSettings(redis_url=SecretStr(redis_url)))
    yield client
    await client.close()
