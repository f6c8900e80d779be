"""What the harness puts a living worker through: its painter hangs, its device is lost, its clock jumps.

An order is a file in a folder where the worker looks all the time, so one that starts finds it as well.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

LOOK_SECONDS = 0.05
DAY = 86_400.0
"""How far a clock jumps, in seconds."""


def order(folder: Path, line: str) -> None:
    """Tell the worker that looks into this folder."""
    folder.mkdir(exist_ok=True)
    whole = folder / f"{time.monotonic_ns():020}.order"
    begun = whole.with_suffix(".new")
    begun.write_text(line)
    os.replace(begun, whole)  # never seen half written


def obey(folder: Path, do: Callable[[str], None]) -> None:
    """Do what is ordered from now on, in a thread of its own."""
    threading.Thread(target=_look, args=(folder, do), name="ordeals", daemon=True).start()


def _look(folder: Path, do: Callable[[str], None]) -> None:
    while True:
        for path in sorted(folder.glob("*.order")):
            line = path.read_text()
            path.unlink()
            do(line)
        time.sleep(LOOK_SECONDS)


class Clock:
    """The wall clock of this process, which can be wrong. Modules that are imported later read it."""

    def __init__(self) -> None:
        self.off = 0.0
        """Seconds by which it is ahead."""
        self._true, self._true_ns = time.time, time.time_ns

    def install(self) -> None:
        """Be the clock that `time` tells (not that of `datetime`, which asks the machine)."""
        time.time, time.time_ns = self._tell, self._tell_ns

    def jump(self, seconds: float) -> None:
        """So much further ahead."""
        self.off += seconds

    def _tell(self) -> float:
        return self._true() + self.off

    def _tell_ns(self) -> int:
        return self._true_ns() + int(self.off * 1e9)
