"""One try at a job: from its record to what the painting leaves behind, not stored yet."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from PIL import Image as Pillow
from PIL.Image import Image as PILImage

from dreamqueue import checkpoints, keys
from dreamqueue.errors import CannotResume, PaintError, PictureError
from dreamqueue.events import Cancel, Frame, Stop, Turn, read_order
from dreamqueue.job import Cancelled, Ending, Job, Owner, Record
from dreamqueue.pace import Company, Stay
from dreamqueue.recipe import Recipe
from dreamqueue.store import Begun, JobStore, RedisAway
from dreamrender.backend import Inputs
from dreamrender.broken import EngineBroken
from dreamrender.collection.shelf import Shelf
from dreamrender.engine import Engine
from dreamrender.judging.looking import Looker
from dreamrender.painting import FrameReady, Outcome, Painting
from dreamrender.picture import jpeg_bytes
from dreamrender.worker.checkpointing import Checkpointing, Origin, picked_up
from dreamrender.worker.missing import fetch_missing
from dreamrender.worker.slots import Slots
from dreamrender.worker.under_way import UnderWay

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

LET_GO_SECONDS = 1.0
"""How long a job that is handed over waits for the engine's step; the engine lets go of it after that."""


@dataclass(frozen=True)
class Painted:
    """A painting that left a picture, which is not stored yet."""

    under_way: UnderWay
    outcome: Outcome
    asked: Recipe
    """The recipe as it was begun with."""
    took: tuple[float, float] | None
    """Wall seconds and how many jobs were painted at once in the mean; None if it was begun elsewhere."""


class Attempts:
    """The tries that a worker makes just now."""

    def __init__(
        self,
        store: JobStore,
        engine: Engine,
        slots: Slots,
        shelf: Shelf,
        largest_state: int = 1 << 24,
        looker: Looker | None = None,
    ) -> None:
        self.store = store
        self.engine = engine
        self.slots = slots
        self.shelf = shelf
        self.largest_state = largest_state
        """Bytes of a checkpoint, at most."""
        self.looker = looker or Looker()
        """Looks at what is painted before it is told of."""
        self._company = Company()
        self._under_way: dict[str, UnderWay] = {}
        self._lost: set[str] = set()
        self._seconds: dict[str, float] = {}

    def obey(self, order: Cancel | Stop | Turn) -> None:
        """Do what somebody wants done to a job, if it is one of ours."""
        if order.job in self._under_way:
            self._under_way[order.job].obey(order)

    def lose(self, job: str) -> None:
        """The job is another's by now: what was painted of it is not worth saving."""
        self._lost.add(job)

    def painted(self, job: str) -> float:
        """Seconds for which a job was painted that has just ended here; told once."""
        return self._seconds.pop(job, 0.0)

    async def paint(self, record: Record, begun: Begun) -> Ending | Painted:
        """Paint it, from its last checkpoint if there is one."""
        job, recipe = record.job, record.recipe
        try:
            if order := await fetch_missing(self.store, job.id, recipe):
                return Cancelled(by=order.by)
            inputs = await self._patiently(lambda: self._inputs(recipe, job.owner))
            if (origin := await picked_up(self.store, record, begun.holder)) is not None:
                try:
                    return await self._paint_from(origin, record, begun, inputs)
                except CannotResume as error:
                    log.warning("job %s begins anew: %s", job.id, error)
                    with contextlib.suppress(*RedisAway):
                        await checkpoints.begin_anew(self.store, record, begun.holder)
            state = await self._patiently(lambda: self._state(job))
            return await self._paint_from(Origin(state), record, begun, inputs)
        finally:
            self._lost.discard(job.id)

    async def record(self, job: str) -> Record:
        """What it is, as it is now: turns that nobody has taken yet stand there."""
        return await self._patiently(lambda: self.store.record(job))

    async def _patiently(self, ask: Callable[[], Awaitable[Answer]]) -> Answer:
        """The answer of Redis or of the album, whenever they are there."""
        while True:
            try:
                return await ask()
            except RedisAway as error:
                log.warning("a job waits for what it needs: %s", error)
                await asyncio.sleep(0.5)

    async def _paint_from(
        self, origin: Origin, record: Record, begun: Begun, inputs: Inputs
    ) -> Ending | Painted:
        job, recipe = record.job, record.recipe
        asked = (await self.record(job.id)).asked
        stay = self._company.joins()
        painting = self.engine.paint(recipe, inputs, origin.state, origin.before, alone=begun.tries > 1)
        under_way = UnderWay(job, begun.holder, painting, self.store, origin.before.frames, self.looker)
        self._under_way[job.id] = under_way
        checkpointing = Checkpointing(under_way, self.largest_state, origin.checkpoint)
        leaving = asyncio.create_task(self._leave(painting, job.id), name=f"slot {job.id}")
        try:
            under_way.turn(asked)
            under_way.look()
            await self._patiently(lambda: self._order_from_before(job.id))
            outcome = await self._follow(under_way)
        except BaseException as error:
            if isinstance(error, asyncio.CancelledError) and self._worth_saving(job.id):
                await checkpointing.last()
            await self._let_go(painting)
            raise
        finally:
            stay.leaves()
            self._seconds[job.id] = painting.seconds
            leaving.cancel()
            await checkpointing.close()
            self._under_way.pop(job.id, None)
        if outcome.kind == "cancelled" or outcome.picture is None:
            return Cancelled(by=under_way.whoever)
        return Painted(
            under_way, outcome, recipe, self._took(stay, painting) if origin.state is None else None
        )

    def _took(self, stay: Stay, painting: Painting) -> tuple[float, float]:
        """Without the time that it waited in the engine for room, or for models to come."""
        seconds, crowd = stay.took
        return max(1e-6, seconds - painting.waited), crowd

    def _worth_saving(self, job: str) -> bool:
        return job not in self._lost and self.engine.broken is None

    async def _let_go(self, painting: Painting) -> None:
        """Raises EngineBroken if the painting is to blame for that."""
        painting.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LET_GO_SECONDS):
                await painting.gone()
        if painting.blamed and self.engine.broken is not None:
            raise EngineBroken(self.engine.broken, blamed=True) from None

    async def _leave(self, painting: Painting, job: str) -> None:
        """Its slot is free once the engine is done with it, however long it takes to store what is left."""
        await painting.ended.wait()
        self.slots.leaves(job)

    async def _state(self, job: Job) -> bytes | None:
        if job.state is None:
            return None
        state = await self.store.fetch(job.state)
        if state is None:
            raise CannotResume("its state is not kept any more")
        return state

    async def _inputs(self, recipe: Recipe, owner: Owner) -> Inputs:
        pictures: dict[str, PILImage] = {}
        for key in recipe.pictures:
            data = await self.store.fetch(key)
            if data is None:
                which = "initial" if key == recipe.image else "target"
                raise PictureError(f"The {which} picture is not kept any more; please attach it again.")
            pictures[key] = await asyncio.to_thread(_opened, data)
        if recipe.collection is None:
            return Inputs(pictures)
        return Inputs(pictures, await asyncio.to_thread(self.shelf.find, recipe.collection.name, owner.id))

    async def _order_from_before(self, job: str) -> None:
        raw = await self.store.redis.hget(keys.record(job), "order")  # type: ignore[misc]
        if raw is not None and (order := read_order(raw)) is not None:
            self.obey(order)

    async def _follow(self, under_way: UnderWay) -> Outcome:
        job, painting = under_way.job, under_way.painting
        async for update in painting.updates():
            if isinstance(update, Outcome):
                return update
            try:
                await self.store.note_step(job.id, under_way.holder, update.step)
                await self.store.put_frame(await asyncio.to_thread(_frame, under_way, update))
                await under_way.keep_earlier()
            except PaintError as error:
                log.warning("job %s: a frame was not shown: %s", job.id, error)
            except RedisAway:
                log.warning("job %s: a frame was not shown, Redis is away", job.id)
        raise AssertionError("a painting ends with an outcome")


def _opened(data: bytes) -> PILImage:
    return Pillow.open(io.BytesIO(data), formats=["PNG"]).convert("RGB")


def _frame(under_way: UnderWay, update: FrameReady) -> Frame:
    """Raises PaintError if it cannot be looked at."""
    return Frame(
        job=under_way.job.id,
        step=update.step,
        steps=under_way.painting.recipe.last_step,
        score=update.score,
        seconds=update.seconds,
        image=jpeg_bytes(update.picture),
        seen=under_way.look_at([update.picture]),
    )
