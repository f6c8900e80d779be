"""A worker that was asked to go: it takes no more jobs, and paints those it has for a while."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.1
"""How often it is looked whether anything is still being painted."""


class Drain:
    """Asked once, the worker paints on for `seconds` at most; asked twice, it goes at once."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.begun = asyncio.Event()
        """It was asked to go, and takes no more jobs."""
        self.hurried = asyncio.Event()
        """It was asked again: nothing is waited for."""
        self.heeded = False
        """Whether the worker is up and goes by itself when it is asked."""

    def ask(self) -> None:
        """Somebody wants the worker to go."""
        if self.begun.is_set():
            self.hurried.set()
        self.begun.set()

    async def over(self, stop_picking: Callable[[], None], busy: Callable[[], int]) -> None:
        """Returns when the worker was asked to go and shall hand over what it still paints, if anything."""
        await self.begun.wait()
        stop_picking()
        log.info("asked to go: %d jobs are finished within %g seconds or handed over", busy(), self.seconds)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.seconds):
                while busy() and not self.hurried.is_set():
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_SECONDS):
                            await self.hurried.wait()
