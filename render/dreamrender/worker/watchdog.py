"""Looks whether the engine still moves. A worker whose engine does not is ended; others have its jobs."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import sys
import time

from dreamrender.engine import Engine

log = logging.getLogger(__name__)

LOADING = 6.0
"""How many times as long as a step may take whatever may load models."""
LOOK_SECONDS = 0.25
"""How often it is looked."""


class WorkerBroken(Exception):
    """This worker cannot paint any more. Its process has to end: a thread that hangs cannot be ended."""


async def watch(engine: Engine, step_timeout: float) -> None:
    """Return never; raises WorkerBroken as soon as the engine cannot go on.

    It cannot if it says so itself (`Engine.broken`), or if a step takes longer than `step_timeout` seconds,
    or a beginning longer than `LOADING` times that. The jobs that it was at work on are blamed, and every
    painting gets its EngineBroken, before this raises. While the whole process is halted (a machine that
    sleeps, SIGSTOP) no time passes for its steps either.
    """
    pause = min(LOOK_SECONDS, step_timeout / 4)
    looked, seconds, beat = time.monotonic(), 0.0, engine.pulse.beat
    while engine.broken is None:
        await asyncio.sleep(pause)
        before, beat, last, looked = beat, engine.pulse.beat, looked, time.monotonic()
        # A look that comes much too late was halted together with the step.
        seconds = seconds + min(looked - last, step_timeout / 2) if beat is before else 0.0
        if beat is not None and seconds > step_timeout * (LOADING if beat.loads else 1.0):
            log.critical("%s has taken %.0f seconds; giving this worker up", beat.what, seconds)
            _say_where_it_hangs()
            engine.break_down(f"{beat.what} took longer than {seconds:.0f} seconds", beat.paintings)
    raise WorkerBroken(engine.broken)


async def end_if_all_hangs(step_timeout: float) -> None:
    """Return never; while this is not heard of for as long as loading may take, the process is ended.

    For what `watch` cannot see: an event loop that hangs, or a thread that keeps Python to itself.
    """
    try:
        while True:
            faulthandler.dump_traceback_later(step_timeout * LOADING, exit=True)
            await asyncio.sleep(min(5.0, step_timeout))
    finally:
        faulthandler.cancel_dump_traceback_later()


def _say_where_it_hangs() -> None:
    """What every thread is doing, on standard error, for whoever has to find out why."""
    try:
        faulthandler.dump_traceback(file=sys.__stderr__ or sys.stderr)
    except (AttributeError, OSError, ValueError):
        log.debug("standard error takes no tracebacks")
