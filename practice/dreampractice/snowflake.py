"""Discord's ids: milliseconds since 2015 in the upper bits, a counter below."""

from __future__ import annotations

import time
from datetime import UTC, datetime

EPOCH_MS = 1_420_070_400_000


class Snowflakes:
    """Hands out ids that grow, and never the same one twice."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> str:
        """An id made now."""
        self._last = max(self._last + 1, self.at(time.time()))
        return str(self._last)

    @staticmethod
    def at(seconds: float) -> int:
        """The smallest id of a moment (Unix seconds)."""
        return (int(seconds * 1000) - EPOCH_MS) << 22


def iso(seconds: float) -> str:
    """A moment as Discord writes it."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()
