"""What was told a moment ago, and need not be told again."""

from __future__ import annotations

import time
from collections import OrderedDict

SECONDS = 60.0
REMEMBERED = 4096


class Lately:
    """Knows what was told within the last minute. One for the whole bot."""

    def __init__(self) -> None:
        self._told: OrderedDict[tuple[str, ...], float] = OrderedDict()

    def is_news(self, *what: str) -> bool:
        """Whether this was not told within a minute; from now on it was."""
        now = time.monotonic()
        if now - self._told.get(what, -SECONDS) < SECONDS:
            return False
        self._told[what] = now
        self._told.move_to_end(what)
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return True
