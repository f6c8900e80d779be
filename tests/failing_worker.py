"""A worker process for tests in which it goes wrong. Usage: failing_worker.py REDIS_URL NAME [SETTING=VALUE]

Paints grey like the slow one; what the prompt says goes wrong as `tests.broken_painter` has it.
"""

from __future__ import annotations

import sys

from tests.broken_painter import BrokenPainter

from dreamconfig.settings import WorkerSettings
from dreamrender.worker.run import main

if __name__ == "__main__":
    painter = BrokenPainter(seconds_per_step=0.05)
    more = dict(setting.split("=", 1) for setting in sys.argv[3:])
    settings = WorkerSettings.model_validate(
        {"redis_url": sys.argv[1], "worker_name": sys.argv[2], "device": "cpu", "frame_seconds": 0.02, **more}
    )
    main(settings, load=lambda name: painter, backends=["pixels"])
