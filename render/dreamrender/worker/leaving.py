"""How a worker's process ends: in time, whatever hangs in it.

A thread in a step cannot be ended, and Python waits for some threads before it exits, so the process is ended
from outside them where it has to be.
"""

from __future__ import annotations

import logging
import os
import sys
import threading

BROKEN = 70
"""Exit status of a worker that could not go on: a step hung, or the device was lost. A new one may paint."""
GOING_SECONDS = 6.0
"""What handing jobs over may take in all; `docker stop` gives ten seconds."""
ENGINE_SECONDS = 2.0
"""What the engine's last step may take after that, for a tidy end."""
LAST_SECONDS = 9.0
"""A process that was told to hand over is gone after this, whatever hangs."""


def leave(status: int) -> None:
    """End the process at once; what was logged is written."""
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


def leave_within(seconds: float, status: int) -> None:
    """End the process after this time if it has not ended by then."""
    timer = threading.Timer(seconds, leave, (status,))
    timer.daemon = True
    timer.start()
