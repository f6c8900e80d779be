"""How many jobs a worker paints at once, and which of them are only being put away."""

from __future__ import annotations

import asyncio

MOST_LEAVING = 8
"""Painted jobs that may still be stored while others are painted; more would fill the memory."""


class Slots:
    """What the lanes of one worker share. A painted job gives its slot back before its picture is stored."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.freed = asyncio.Event()
        """Set when one becomes free."""
        self._in_hand: set[str] = set()
        self._leaving: set[str] = set()
        self._alone: str | None = None

    def __contains__(self, job: str) -> bool:
        return job in self._in_hand

    @property
    def taken(self) -> int:
        """Jobs that are being painted."""
        return len(self._in_hand - self._leaving)

    @property
    def free(self) -> bool:
        """Whether one more may be begun."""
        return self._alone is None and self.taken < self.most and len(self._leaving) < MOST_LEAVING

    @property
    def busy(self) -> int:
        """Jobs that would be lost for a while if this process died."""
        return len(self._in_hand)

    def take(self, job: str, alone: bool = False) -> None:
        """It is begun; `alone`: no other is, until it is over."""
        self._in_hand.add(job)
        if alone:
            self._alone = job

    def leaves(self, job: str) -> None:
        """It is painted; what is left to do needs no slot."""
        self._leaving.add(job)
        self.freed.set()

    def left(self, job: str) -> None:
        """It is over."""
        self._in_hand.discard(job)
        self._leaving.discard(job)
        if self._alone == job:
            self._alone = None
        self.freed.set()
