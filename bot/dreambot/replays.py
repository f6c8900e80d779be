"""Interactions that come twice: Discord may send again what it sent before, as after a broken connection."""

from __future__ import annotations

import logging
from collections import OrderedDict

log = logging.getLogger(__name__)

REMEMBERED = 4096
"""Interactions that are remembered, more than are open in the three seconds in which they are answered."""


class Replays:
    """Knows the interactions that came of late."""

    def __init__(self) -> None:
        self._seen: OrderedDict[int, None] = OrderedDict()

    def is_one(self, interaction: int) -> bool:
        """Whether this one came before; from now on it did."""
        if interaction in self._seen:
            log.warning("interaction %s came twice; the second one is left", interaction)
            return True
        self._seen[interaction] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return False
