"""Bot and worker as processes of their own, started and ended by `practice`."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path


class PartDied(Exception):
    """A process that should run has ended."""


class Part:
    """A running `aliendreams <verb>` whose output goes to a log file."""

    def __init__(self, verb: str, process: subprocess.Popen[bytes], log: Path) -> None:
        self.verb, self.process, self.log = verb, process, log

    def check(self) -> None:
        """Raises PartDied, with the log's last lines, if it has ended."""
        if self.process.poll() is None:
            return
        tail = "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-15:])
        raise PartDied(f"the {self.verb} ended with status {self.process.returncode}:\n{tail}")


@contextlib.contextmanager
def running(verb: str, environment: Mapping[str, str], folder: Path) -> Iterator[Part]:
    """Run a verb of this command in a process of its own; it is told to go at the end."""
    log = folder / f"{verb}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "dreamcli", verb],
            env={**os.environ, **environment, "PYTHONUNBUFFERED": "1", "COLUMNS": "160"},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Part(verb, process, log)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
