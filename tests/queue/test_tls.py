"""Redis over TLS: a job from submit to its end, whoever is not trusted is refused, and silence is noticed."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis
from tests.fakes import GreyBackend, grey_recipe
from tests.render.on_valkey import ADA, ROOT, ending, worker_here

from dreamcli.doctor import examine
from dreamconfig.settings import QueueSettings, WorkerSettings
from dreamqueue.client import QueueClient
from dreamqueue.connection import KEEPALIVE, connect
from dreamqueue.errors import QueueLocked
from dreamqueue.job import Finished

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="the openssl command is not installed"
)


def certificate(folder: Path, name: str, host: str) -> None:
    """A certificate for a host, signed by the folder's authority, with its key in NAME.pem as well."""
    script = ROOT / "queue" / "certificates.sh"
    subprocess.run(["sh", str(script), str(folder), name, host], check=True)
    both = [(folder / f"{name}.{kind}").read_bytes() for kind in ("crt", "key")]
    (folder / f"{name}.pem").write_bytes(b"".join(both))


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Certificates that ca.crt signed: redis (for localhost), elsewhere, worker. theirs/ca.crt is another."""
    folder = tmp_path_factory.mktemp("papers")
    certificate(folder, "redis", "localhost")
    certificate(folder, "elsewhere", "elsewhere.example")
    certificate(folder, "worker", "worker.example")
    certificate(folder / "theirs", "redis", "localhost")
    return folder


@contextlib.asynccontextmanager
async def over_tls(redis_url: str, papers: Path, name: str, *, asks: bool = False) -> AsyncIterator[str]:
    """Redis' address behind TLS; with `asks` it wants to see a certificate of ours."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=papers / "ca.crt")
    context.load_cert_chain(papers / f"{name}.pem")
    context.verify_mode = ssl.CERT_REQUIRED if asks else ssl.CERT_NONE
    behind = int(redis_url.split(":")[-1].split("/")[0])
    tasks: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ssl.SSLError):
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def through(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(task := asyncio.current_task())  # type: ignore[arg-type]
        there, here = await asyncio.open_connection("127.0.0.1", behind)
        await asyncio.gather(pump(reader, here), pump(there, writer))
        for side in (writer, here):
            with contextlib.suppress(OSError, ssl.SSLError):
                await side.wait_closed()
        tasks.discard(task)  # type: ignore[arg-type]

    server = await asyncio.start_server(through, "127.0.0.1", 0, ssl=context)
    try:
        yield f"rediss://localhost:{server.sockets[0].getsockname()[1]}/0"
    finally:
        server.close()
        await asyncio.gather(*tasks)


@needs_openssl
async def test_a_job_goes_over_tls_from_submit_to_its_end(redis_url: str, papers: Path) -> None:
    async with over_tls(redis_url, papers, "redis", asks=True) as url:
        settings = WorkerSettings(
            redis_url=SecretStr(url),
            redis_ca=str(papers / "ca.crt"),
            redis_cert=str(papers / "worker.crt"),
            redis_key=str(papers / "worker.key"),
            worker_name="far",
            device="cpu",
        )
        client = await QueueClient.connect(settings)
        async with worker_here(settings, GreyBackend()):
            job = await client.submit(grey_recipe(), ADA)
            end = await ending(client, job.id)
            assert isinstance(end, Finished)
            assert (await client.fetch(end.picture) or b"")[:4] == b"\x89PNG"
        await client.close()


REFUSED = {
    "a stranger signed it": ("redis", {"redis_ca": "theirs/ca.crt"}, "not accepted"),
    "nobody we know signed it": ("redis", {}, "not accepted"),
    "another host's": ("elsewhere", {"redis_ca": "ca.crt"}, "Hostname mismatch"),
    "no such file": ("redis", {"redis_ca": "gone.crt"}, "No such file"),
    "no certificate in it": ("redis", {"redis_ca": "ca.key"}, "DREAM_REDIS_CA"),
}


@needs_openssl
@pytest.mark.parametrize("case", REFUSED)
async def test_who_is_not_trusted_is_refused_in_words(
    redis_url: str, papers: Path, case: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, files, says = REFUSED[case]
    files = {setting: str(papers / file) for setting, file in files.items()}
    async with over_tls(redis_url, papers, name) as url:
        url = url.replace("rediss://", "rediss://bot:a-secret@")
        with caplog.at_level(logging.ERROR), pytest.raises(QueueLocked) as refused:
            await QueueClient.connect(QueueSettings(redis_url=SecretStr(url), **files))  # type: ignore[arg-type]
        monkeypatch.setenv("DREAM_REDIS_URL", url)
        for setting, file in files.items():
            monkeypatch.setenv(f"DREAM_{setting.upper()}", file)
        finding = await anext(findings := examine())
        await findings.aclose()
    assert says in refused.value.why
    assert refused.value.why in caplog.text
    assert refused.value.why in finding.says
    assert (finding.verdict, finding.part) == ("bad", "redis")
    assert "a-secret" not in caplog.text + finding.says


@needs_openssl
async def test_a_certificate_of_ours_that_is_missing_is_named(redis_url: str, papers: Path) -> None:
    async with over_tls(redis_url, papers, "redis", asks=True) as url:
        settings = QueueSettings(redis_url=SecretStr(url), redis_ca=str(papers / "ca.crt"))
        with pytest.raises(QueueLocked) as refused:
            await QueueClient.connect(settings)
    assert "DREAM_REDIS_CERT" in refused.value.why


async def test_what_speaks_no_tls_is_named() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"-ERR unknown command\r\n")
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        url = f"rediss://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
        with pytest.raises(QueueLocked, match="does not let me in") as refused:
            await QueueClient.connect(QueueSettings(redis_url=SecretStr(url)))
    assert "TLS does not come about" in refused.value.why


async def test_an_address_may_quote_a_password(redis_url: str) -> None:
    word = "p%ss/w:rd@"
    async with Redis.from_url(redis_url) as redis:
        await redis.execute_command("ACL", "SETUSER", "quoted", "on", f">{word}", "+@all", "~*")
    url = redis_url.replace("redis://", "redis://quoted:p%25ss%2Fw%3Ard%40@")
    redis = await connect(QueueSettings(redis_url=SecretStr(url)))
    assert await redis.acl_whoami() == "quoted"
    await redis.acl_deluser("quoted")
    await redis.aclose()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have other socket options")
async def test_every_connection_notices_silence(redis_url: str) -> None:
    redis = await connect(QueueSettings(redis_url=SecretStr(redis_url)))
    connection = await redis.connection_pool.get_connection()
    sock: socket.socket = connection._writer.transport.get_extra_info("socket")
    assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    for name, value in KEEPALIVE.items():
        assert sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) == value, name
    assert connection.socket_timeout is None, "before Python 3.12 it may swallow a cancellation"
    await redis.connection_pool.release(connection)
    await redis.aclose()
