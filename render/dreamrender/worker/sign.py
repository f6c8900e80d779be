"""A worker's sign of life: its card, which says what it can do and what it does."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Literal

from dreamconfig.catalogue import models
from dreamqueue import workers
from dreamqueue.client import QueueClient
from dreamqueue.store import RedisAway
from dreamqueue.workers import WorkerCard
from dreamrender.collection.shelf import Shelf
from dreamrender.residents import Residents
from dreamrender.shelf import shelf as model_shelf
from dreamrender.worker.paint import Painter


class Sign:
    """Shows the card again and again."""

    def __init__(self, card: WorkerCard, painter: Painter, residents: Residents, shelf: Shelf) -> None:
        self._card = card
        self._painter = painter
        self._residents = residents
        self._shelf = shelf
        self.mode: Literal["serving", "paused", "draining"] = "serving"

    @property
    def card(self) -> WorkerCard:
        """As of this moment, save for files, which are looked at now and then (`look`)."""
        changes = {
            "mode": self.mode,
            "loaded": tuple(name for name in self._card.models or () if self._residents.here(name)),
            "painting": self._painter.painting,
            "ended": self._painter.ended,
        }
        return self._card.model_copy(update=changes)

    async def look(self) -> None:
        """Look at the disk: models and collections that are there."""
        changes = await asyncio.to_thread(self._there)
        self._card = self._card.model_copy(update=changes)

    async def show(self, client: QueueClient, ready: asyncio.Event | None = None) -> None:
        """Until it is cancelled; `ready` is set once the card lies in Redis."""
        while True:
            await self.look()
            with contextlib.suppress(*RedisAway):
                await workers.show(client.redis, self.card)
                if ready is not None:
                    ready.set()
            await asyncio.sleep(workers.SILENT_AFTER / 4)

    def _there(self) -> dict[str, object]:
        own = model_shelf()
        here = [name for name in models() if own.download or own.here(name)]
        labels = [found.label for found in self._shelf.all()[: workers.MOST_COLLECTIONS]]
        return {"models": tuple(here), "collections": tuple(labels)}
