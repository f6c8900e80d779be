"""Two workers on two machines share the lanes: network namespaces where we may make them, else two ports."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import pytest
from pydantic import SecretStr
from tests.fakes import grey_recipe
from tests.own_valkey import OwnValkey, own_valkey
from tests.render.on_valkey import ADA, MO, ROOT, ending

from dreamconfig.settings import QueueSettings
from dreamqueue import workers
from dreamqueue.client import QueueClient
from dreamqueue.job import Finished


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@dataclass(frozen=True)
class Machine:
    """A network of its own behind a cable; `host` is this machine at the cable's other end."""

    name: str
    host: str = "127.0.0.1"
    cable: str = ""
    run: tuple[str, ...] = field(default=())

    def cut(self) -> None:
        """Take away its network, without a word to anybody."""
        ip("netns", "exec", self.name, "ip", "link", "set", "there", "down")


def may_make_networks() -> bool:
    """Whether this process may make a network namespace with a cable."""
    if os.geteuid() or shutil.which("ip") is None:
        return False
    with contextlib.suppress(subprocess.CalledProcessError), network(250):
        return True
    return False


@contextlib.contextmanager
def network(number: int) -> Iterator[Machine]:
    """A machine with a network of its own (10.213.NUMBER.0/30)."""
    name = f"dream{secrets.token_hex(3)}"
    host, there = f"10.213.{number}.1", f"10.213.{number}.2"
    ip("netns", "add", name)
    try:
        ip("link", "add", f"{name}h", "type", "veth", "peer", "name", "there", "netns", name)
        ip("addr", "add", f"{host}/30", "dev", f"{name}h")
        ip("link", "set", f"{name}h", "up")
        for words in (f"addr add {there}/30 dev there", "link set there up", "link set lo up"):
            ip("netns", "exec", name, "ip", *words.split())
        yield Machine(name, host, f"{name}h", ("ip", "netns", "exec", name))
    finally:
        ip("link", "del", f"{name}h")
        ip("netns", "del", name)


@pytest.fixture
def machines(worker_id: str) -> Iterator[tuple[Machine, Machine]]:
    """Two, in networks of their own where that may be done; no two processes of pytest have the same ones."""
    first = 2 * int(worker_id.removeprefix("gw")) if worker_id.startswith("gw") else 0
    if not may_make_networks():
        yield Machine("one"), Machine("two")
        return
    with network(first + 1) as one, network(first + 2) as two:
        yield one, two


@contextlib.contextmanager
def worker_on(machine: Machine, valkey: OwnValkey) -> Iterator[subprocess.Popen[bytes]]:
    """A worker process there, as the user `worker`."""
    url = valkey.url("worker").replace(f"@{valkey.host}:", f"@{machine.host}:")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [*machine.run, sys.executable, "-m", "tests.slow_worker", url, machine.name]
    with subprocess.Popen(command, cwd=ROOT, env=environment) as process:
        try:
            yield process
        finally:
            process.kill()


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(150):
        while not await holds():  # noqa: ASYNC110 (another machine cannot set our event)
            await asyncio.sleep(0.05)


@pytest.mark.timeout(240)  # two processes load torch first, seconds on a quiet machine
async def test_two_machines_share_the_jobs_and_one_that_is_cut_off_loses_its_own(
    machines: tuple[Machine, Machine], tmp_path: Path
) -> None:
    one, two = machines
    hosts = tuple({"127.0.0.1", one.host, two.host})
    with own_valkey(tmp_path, users=True, hosts=hosts) as valkey:
        url = valkey.url("bot").replace(f"@{valkey.host}:", "@127.0.0.1:")
        client = await QueueClient.connect(QueueSettings(redis_url=SecretStr(url)))

        async def both_awake() -> bool:
            return {card.name for card in await workers.awake(client.redis)} == {one.name, two.name}

        async def begun() -> bool:
            return (await client.record(last.id)).worker is not None

        with worker_on(one, valkey) as first, worker_on(two, valkey) as second:
            await until(both_awake)
            jobs = [await client.submit(grey_recipe(steps=5), owner) for owner in (ADA, MO) * 3]
            ends = await asyncio.gather(*(ending(client, job.id) for job in jobs))
            assert all(isinstance(end, Finished) for end in ends)
            records = [await client.record(job.id) for job in jobs]
            assert {record.worker for record in records} == {one.name, two.name}
            assert [record.tries for record in records] == [1] * 6
            last = await client.submit(grey_recipe(steps=30), ADA)
            await until(begun)
            holder = (await client.record(last.id)).worker
            machine, process = (one, first) if holder == one.name else (two, second)
            if machine.cable:
                machine.cut()
            else:
                process.kill()
            assert isinstance(await ending(client, last.id), Finished)
            assert (await client.record(last.id)).worker not in (None, holder)
        news = [fields[b"news"] for _, fields in await client.redis.xrange("dream:news")]
        assert sum(b'"ended"' in piece for piece in news) == 7, "each ends once"
        await client.close()


READER = """
import asyncio, sys
from pydantic import SecretStr
from dreamconfig.settings import QueueSettings
from dreamqueue.connection import connect
from dreamqueue.store import RedisAway

async def main():
    redis = await connect(QueueSettings(redis_url=SecretStr(sys.argv[1])))
    print("reading", flush=True)
    try:
        await redis.xread({"dream:news": "$"}, block=0)
    except RedisAway as away:
        print(type(away).__name__, flush=True)

asyncio.run(main())
"""


@pytest.mark.skipif(not may_make_networks(), reason="only root may take away a network")
async def test_a_connection_that_nobody_closes_is_noticed(tmp_path: Path) -> None:
    """A blocked read, such as those of the news, in a process on the machine that is cut off."""
    with network(1) as one, own_valkey(tmp_path, users=True, hosts=("127.0.0.1", one.host)) as valkey:
        url = valkey.url("worker").replace("@127.0.0.1:", f"@{one.host}:")
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        process = await asyncio.create_subprocess_exec(
            *one.run, sys.executable, "-c", READER, url, env=environment, stdout=subprocess.PIPE
        )
        assert process.stdout
        assert await process.stdout.readline() == b"reading\n"
        one.cut()
        cut = monotonic()
        said = await process.stdout.readline()
        process.kill()
        await process.communicate()
    assert said in (b"ConnectionError\n", b"TimeoutError\n")
    assert monotonic() - cut < 15, "within ten seconds, and some for connecting again in vain"
