"""Backup and restore as docs/OPERATIONS.md has them: Valkey is lost, the jobs go on from a copy elsewhere."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from pydantic import SecretStr
from redis.asyncio import Redis
from tests.fakes import GreyBackend, grey_recipe
from tests.own_valkey import own_valkey
from tests.render.on_valkey import ADA, MO, ending, worker_here

from dreamconfig.settings import QueueSettings, WorkerSettings
from dreamqueue.client import QueueClient
from dreamqueue.job import Finished


async def rewritten(operator: Redis) -> None:
    """Returns once the append-only file is whole, and as short as it can be."""
    await operator.bgrewriteaof()  # type: ignore[no-untyped-call]
    async with asyncio.timeout(10):
        while True:
            facts = await operator.info("persistence")
            if not facts["aof_rewrite_in_progress"] and not facts["aof_rewrite_scheduled"]:
                assert facts["aof_last_bgrewrite_status"] == "ok"
                return
            await asyncio.sleep(0.02)


async def test_jobs_go_on_from_a_backup(tmp_path: Path) -> None:
    lost, backup = tmp_path / "lost", tmp_path / "backup"
    lost.mkdir()
    with own_valkey(lost, users=True) as valkey:
        client = await QueueClient.connect(QueueSettings(redis_url=SecretStr(valkey.url("bot"))))
        jobs = [await client.submit(grey_recipe(), owner) for owner in (ADA, MO)]
        picture = await client.keep(b"a picture")
        async with Redis.from_url(valkey.url("operator")) as operator:
            await rewritten(operator)
        shutil.copytree(lost / "appendonlydir", backup / "appendonlydir")
        after = await client.submit(grey_recipe(), ADA)
        await client.close()
        valkey.process.kill()
    with own_valkey(backup, users=True) as valkey:
        settings = WorkerSettings(
            redis_url=SecretStr(valkey.url("worker")), worker_name="here", device="cpu", frame_seconds=0.001
        )
        client = await QueueClient.connect(QueueSettings(redis_url=SecretStr(valkey.url("bot"))))
        async with worker_here(settings, GreyBackend()):
            for job in jobs:
                assert isinstance(await ending(client, job.id), Finished)
        assert await client.fetch(picture) == b"a picture"
        assert not await client.redis.exists(f"dream:job:{after.id}"), (
            "what came after the backup is not in it"
        )
        await client.close()
