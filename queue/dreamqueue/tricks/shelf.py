"""Tricks in memory: what is typed is read, and completed, without asking Redis each time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from redis.asyncio import Redis

from dreamconfig.catalogue import Style, styles
from dreamqueue.errors import QueueAway, UnknownWord
from dreamqueue.prompt.menu import Menu, whole_menu
from dreamqueue.store import JobStore
from dreamqueue.tricks.examples import keep_examples
from dreamqueue.tricks.measured import Measured
from dreamqueue.tricks.record import Trick, starters
from dreamqueue.tricks.results import Results
from dreamqueue.tricks.store import TrickStore, resolved

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""Between two looks whether tricks have changed."""
KEEP_SECONDS = 3600.0
"""Between two words to Redis that they are still in use."""


class TrickShelf:
    """The tricks as they were a moment ago; without Redis, those that are shipped."""

    def __init__(self) -> None:
        self.tricks: Mapping[str, Trick] = starters()
        """All of them by name, hidden and merged ones too."""
        self.styles: Mapping[str, Style] = styles()
        """What is on the menu: those that are shipped, then the most used."""
        self.renamed: Mapping[str, str] = {}
        self.measured: Mapping[str, Measured] = {}
        """What the newest test of a trick found, by name."""
        self._changes: int | None = None

    def menu(self, critic: str | None = None) -> Menu:
        """What may be asked for by name, with this critic as the default."""
        return whole_menu(critic, self.styles, self.renamed)

    def find(self, name: str) -> Trick:
        """The trick that a name means. Raises UnknownWord."""
        return resolved(name, self.tricks)

    async def refresh(self, store: TrickStore) -> bool:
        """Read them again if they have changed; whether they had. Raises QueueAway."""
        changes = await store.changes()
        if changes == self._changes:
            return False
        self._take(await store.all())
        self.measured = await Results(store.redis).all()
        self._changes = changes
        return True

    def note(self, trick: Trick) -> None:
        """What is counted of a trick has changed; it is known here before the next look."""
        self.tricks = {**self.tricks, trick.name: trick}

    async def follow(self, store: TrickStore, jobs: JobStore) -> None:
        """Keep up with the changes, and what tricks need from expiring, until it is cancelled."""
        clock, kept = asyncio.get_running_loop().time, 0.0
        while True:
            try:
                await self.refresh(store)
                if not kept or clock() - kept > KEEP_SECONDS:
                    await store.keep()
                    await keep_examples(jobs, self.tricks.values())
                    kept = clock()
            except QueueAway:
                pass  # the queue says so wherever it is needed
            except Exception:
                log.exception("the tricks could not be read; those known stay")
            await asyncio.sleep(LOOK_SECONDS)

    def _take(self, found: Mapping[str, Trick]) -> None:
        offered = [trick for trick in found.values() if trick.state == "offered"]
        offered.sort(key=lambda trick: (trick.name not in starters(), -trick.uses, -trick.score))
        renamed: dict[str, str] = {}
        for trick in found.values():
            if trick.state == "merged":
                try:
                    renamed[trick.name] = resolved(trick.name, found).name
                except UnknownWord:
                    continue
        self.tricks = found
        self.styles = {trick.name: trick.style() for trick in offered}
        self.renamed = renamed


async def menu_of(redis: Redis, critic: str | None = None) -> Menu:
    """What may be asked for by name just now, for whoever asks once. Raises QueueAway."""
    shelf = TrickShelf()
    await shelf.refresh(TrickStore(redis))
    return shelf.menu(critic)
