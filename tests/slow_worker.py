"""A worker process for tests that kill it: paints grey, slowly. Usage: slow_worker.py REDIS_URL NAME"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Sequence

from pydantic import SecretStr
from tests.fakes import GreyBackend, GreySession

from dreamconfig.settings import WorkerSettings
from dreamrender.worker.run import run_worker


class SlowBackend(GreyBackend):
    """Takes a tenth of a second a step."""

    def step(self, sessions: Sequence[GreySession]) -> None:
        threading.Event().wait(0.1)
        super().step(sessions)


if __name__ == "__main__":
    slow = SlowBackend()
    settings = WorkerSettings(
        redis_url=SecretStr(sys.argv[1]), worker_name=sys.argv[2], device="cpu", frame_seconds=0.05
    )
    asyncio.run(run_worker(settings, load=lambda name: slow, backends=["pixels"]))
