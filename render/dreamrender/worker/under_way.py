"""A job that this worker is painting: what people have ordered, what was kept of it so far."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from functools import partial

from PIL.Image import Image as PILImage

from dreamqueue.errors import DreamError, NoSuchJob, PaintError
from dreamqueue.events import ORDER, Cancel, Choose, Stop, Turn, obeyed
from dreamqueue.grid import columns
from dreamqueue.job import Job, Owner
from dreamqueue.png import png_bytes
from dreamqueue.recipe import Recipe
from dreamqueue.sights import Sights
from dreamqueue.store import JobStore, RedisAway
from dreamrender.judging.looking import Looker
from dreamrender.painting import Painting

log = logging.getLogger(__name__)


_WISHES = {
    "steer": "The turn to other words",
    "lengthen": "The wish for more steps",
    "choose": "The choice among the candidates",
}


class UnderWay:
    """One job and its painting, by a certain try."""

    def __init__(
        self,
        job: Job,
        holder: str,
        painting: Painting,
        store: JobStore,
        kept: Iterable[int] = (),
        looker: Looker | None = None,
    ) -> None:
        self.job = job
        self.holder = holder
        self.painting = painting
        self.store = store
        self.end: Cancel | Stop | None = None
        """Who ended it, if somebody did."""
        self.looker = looker or Looker()
        """Looks at each picture before it is told of."""
        self.notes: list[str] = []
        """What the member should know, beside what the painter says."""
        self._kept = set(kept)
        """Steps whose frames are stored."""
        self._turning: set[asyncio.Task[None]] = set()
        self._seen: set[str] = set()
        """Fields of turns that were given to the painting."""
        self._looking, self._noting = asyncio.Lock(), asyncio.Lock()
        self._noted = painting.recipe
        """The recipe that stands in the record."""

    def look_at(self, pictures: Sequence[PILImage]) -> Sights:
        """What is on some of its pictures (`Looker.look`). They may be sheets also once one was chosen:
        its earlier frames are in the animation.
        """
        recipes = self.job.recipe, self.painting.recipe
        most = max(recipes, key=lambda recipe: max(recipe.candidates, recipe.cells))
        return self.looker.look(pictures, max(most.candidates, most.cells), columns(most))

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
            self.look()

    def turn(self, asked: Mapping[str, str]) -> None:
        """Take these turns, in their order; each is taken once, however often it is told."""
        for field, raw in asked.items():
            try:
                order = ORDER.validate_json(raw)
            except ValueError:
                log.warning("job %s: a turn of a kind this version does not know", self.job.id)
                continue
            if field in self._seen or isinstance(order, Cancel | Stop):
                continue
            self._seen.add(field)
            if isinstance(order, Choose):
                answer = self.painting.choose(order.pick)
            else:
                answer = self.painting.change(partial(obeyed, order))
            self._in_background(self._turned(order, field, answer))

    def look(self) -> None:
        """Take the turns that stand in the record."""
        self._in_background(self._look())

    async def note(self, **fields: str) -> bool:
        """Write something into the record, with the recipe that it is painted by now; "" removes a field.

        False if the job is another's by now.
        """
        async with self._noting:
            recipe = self.painting.recipe
            if recipe != self._noted:
                fields["turned"] = recipe.model_dump_json()
            noted = await self.store.note(self.job.id, self.holder, **fields)
            self._noted = recipe
        return noted

    async def keep_earlier(self) -> None:
        """Store the frames that can be taken later, as far as they are there and not stored yet."""
        for step, picture in list(self.painting.earlier.items()):
            if step in self._kept:
                continue
            try:
                seen = await asyncio.to_thread(self.look_at, [picture])
                data = await asyncio.to_thread(png_bytes, picture, self.painting.recipe)
                key = await self.store.keep(data)
                await self.store.note_kept(self.job.id, self.holder, step, key, seen)
            except PaintError:
                log.warning("job %s: frame %d is not kept, it could not be looked at", self.job.id, step)
            except RedisAway as error:
                why = getattr(error, "why", error)
                log.warning("job %s: frame %d waits until it is taken: %s", self.job.id, step, why)
                return
            self._kept.add(step)

    async def _look(self) -> None:
        async with self._looking:
            while not self.painting.over:
                try:
                    self.turn((await self.store.record(self.job.id)).asked)
                except RedisAway:
                    await asyncio.sleep(0.5)
                    continue
                except (NoSuchJob, ValueError):
                    log.exception("job %s: its turns cannot be read", self.job.id)
                return

    async def _turned(self, order: Turn, field: str, answer: asyncio.Future[Recipe]) -> None:
        try:
            await answer
        except DreamError as error:
            what = _WISHES[order.kind]
            self.notes.append(f"{what} was not taken: {error}")
            if self.painting.over:
                return  # if the job goes to another worker, that one may take it
        except Exception:
            log.exception("job %s: a turn went wrong", self.job.id)
            self.notes.append("What was asked for on the way could not be done.")
        try:
            await self.note(**{field: ""})
        except RedisAway:
            log.warning("job %s: a turn is not on record before its end, Redis is away", self.job.id)

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name=f"turns {self.job.id}")
        self._turning.add(task)
        task.add_done_callback(self._turning.discard)
