"""A worker process for tests that kill it: paints grey, slowly. Usage: slow_worker.py REDIS_URL NAME"""

from __future__ import annotations

import asyncio
import sys

from pydantic import SecretStr
from tests.fakes import GreyBackend

from dreamconfig.settings import WorkerSettings
from dreamrender.worker.run import run_worker

if __name__ == "__main__":
    slow = GreyBackend(seconds_per_step=0.1)
    settings = WorkerSettings(
        redis_url=SecretStr(sys.argv[1]), worker_name=sys.argv[2], device="cpu", frame_seconds=0.05
    )
    asyncio.run(run_worker(settings, load=lambda name: slow, backends=["pixels"]))
