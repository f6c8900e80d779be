"""A worker's sign of life: its card, which says what it can do and what it does."""

from __future__ import annotations

import asyncio
import contextlib
import time
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

MODELS_SECONDS = 15.0
"""How often it is looked which models are here."""


class Sign:
    """Shows the card again and again."""

    def __init__(self, card: WorkerCard, painter: Painter, residents: Residents, shelf: Shelf) -> None:
        self._card = card
        self._painter = painter
        self._residents = residents
        self._shelf = shelf
        self._here: tuple[str, ...] = ()
        self._looked = -MODELS_SECONDS
        self.mode: Literal["serving", "paused", "draining"] = "serving"
        self._news = asyncio.Event()

    @property
    def card(self) -> WorkerCard:
        """As of this moment, save for files, which are looked at now and then (`look`)."""
        changes = {
            "mode": self.mode if self._painter.engine.broken is None else "draining",
            "loaded": tuple(name for name in self._card.models or () if self._residents.here(name)),
            "pace": self._painter.pace.full,
            "painting": self._painter.painting,
            "ended": self._painter.ended,
        }
        return self._card.model_copy(update=changes)

    def goes(self) -> None:
        """The worker was asked to go: it takes no more jobs, and its card says so at once."""
        self.mode = "draining"
        self._news.set()

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
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(workers.SILENT_AFTER / 4):
                    await self._news.wait()
            self._news.clear()

    def _there(self) -> dict[str, object]:
        own = model_shelf()
        if time.monotonic() - self._looked > MODELS_SECONDS:
            self._here = tuple(name for name in models() if own.download or own.here(name))
            self._looked = time.monotonic()
        labels = [found.label for found in self._shelf.all()[: workers.MOST_COLLECTIONS]]
        return {"models": self._here, "collections": tuple(labels)}
