"""A job that this worker is painting: what people have ordered, what was kept of it so far."""

from __future__ import annotations

import asyncio
import logging
from functools import partial

from dreamqueue.errors import DreamError
from dreamqueue.events import Cancel, Steer, Stop, Turn, obeyed
from dreamqueue.job import Job, Owner
from dreamqueue.png import png_bytes
from dreamqueue.store import JobStore, RedisAway
from dreamrender.painting import Painting

log = logging.getLogger(__name__)


class UnderWay:
    """One job and its painting, by a certain try."""

    def __init__(self, job: Job, holder: str, painting: Painting, store: JobStore) -> None:
        self.job = job
        self.holder = holder
        self.painting = painting
        self.store = store
        self.end: Cancel | Stop | None = None
        """Who ended it, if somebody did."""
        self.notes: list[str] = []
        """What the member should know, beside what the painter says."""
        self._kept: set[int] = set()
        self._turning: set[asyncio.Task[None]] = set()

    @property
    def whoever(self) -> Owner:
        """Who ended it before its last step."""
        return self.end.by if self.end else Owner(id="", name="the worker")

    def obey(self, order: Cancel | Stop | Turn) -> None:
        """Do what somebody wants done."""
        if isinstance(order, Cancel):
            self.end = order
            self.painting.cancel()
        elif isinstance(order, Stop):
            self.end = order
            self.painting.stop()
        else:
            task = asyncio.create_task(self._turn(order), name=f"turn {self.job.id}")
            self._turning.add(task)
            task.add_done_callback(self._turning.discard)

    async def keep_earlier(self) -> None:
        """Store the frames that can be taken later, as far as they are there and not stored yet."""
        for step, picture in list(self.painting.earlier.items()):
            if step in self._kept:
                continue
            try:
                data = await asyncio.to_thread(png_bytes, picture, self.painting.recipe)
                await self.store.note_kept(self.job.id, self.holder, step, await self.store.keep(data))
            except RedisAway:
                log.warning("job %s: frame %d waits for Redis to come back", self.job.id, step)
                return
            self._kept.add(step)

    async def _turn(self, order: Turn) -> None:
        try:
            recipe = await self.painting.change(partial(obeyed, order))
            await self.store.note_turn(self.job.id, self.holder, recipe)
        except DreamError as error:
            what = "The turn to other words" if isinstance(order, Steer) else "The wish for more steps"
            self.notes.append(f"{what} was not taken: {error}")
        except RedisAway:
            log.warning("job %s: a turn is not on record before its end, Redis is away", self.job.id)
        except Exception:
            log.exception("job %s: a turn went wrong", self.job.id)
            self.notes.append("What was asked for on the way could not be done.")
