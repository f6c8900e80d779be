"""When thousands come at once: some are served, the next wait in line, and the rest are told so at once.

Served all at the same time, each would be as late as the last one, and all too late.
"""

from __future__ import annotations

import asyncio
from types import TracebackType

from dreamqueue.errors import TooMany


class Crowd:
    """`async with crowd:` lets in `inside` at a time, in the order in which they came."""

    def __init__(self, inside: int, in_line: int) -> None:
        self._room = asyncio.Semaphore(inside)
        self._line = 0
        self._most = in_line

    async def __aenter__(self) -> None:
        """Wait for a turn. Raises TooMany where the line is too long to be worth it."""
        if self._room.locked() and self._line >= self._most:
            raise TooMany
        self._line += 1
        try:
            await self._room.acquire()
        finally:
            self._line -= 1

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._room.release()
