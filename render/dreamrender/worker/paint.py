"""The arq function: one job, from its record to its one end."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import secrets
from typing import Any

from arq.worker import Retry
from PIL import Image as Pillow
from PIL.Image import Image as PILImage

from dreamqueue import checkpoints, keys
from dreamqueue.errors import CannotResume, DreamError, NoSuchJob, PictureError
from dreamqueue.events import ORDER, Cancel, Frame, Stop, Turn
from dreamqueue.job import Cancelled, Ending, Failed, Job, Owner, Record
from dreamqueue.places import cost_kind
from dreamqueue.recipe import Recipe
from dreamqueue.store import JobStore, RedisAway
from dreamrender.backend import Inputs
from dreamrender.collection.shelf import Shelf
from dreamrender.engine import Engine
from dreamrender.painting import FrameReady, Outcome, Painting
from dreamrender.picture import jpeg_bytes
from dreamrender.worker.checkpointing import Checkpointing, Origin, picked_up
from dreamrender.worker.keeping import Keeper
from dreamrender.worker.lease import RENEW_SECONDS, lease
from dreamrender.worker.missing import fetch_missing
from dreamrender.worker.under_way import UnderWay

log = logging.getLogger(__name__)


class Painter:
    """Paints jobs for one worker. `paint` is what arq calls."""

    def __init__(
        self,
        name: str,
        store: JobStore,
        engine: Engine,
        job_timeout: float,
        largest_state: int = 1 << 24,
        shelf: Shelf | None = None,
    ) -> None:
        self.name = name
        self.store = store
        self.engine = engine
        self.job_timeout = job_timeout
        self.shelf = shelf or Shelf(None)
        self.keeper = Keeper(store, largest_state)
        self._under_way: set[str] = set()
        self._painting: dict[str, UnderWay] = {}

    def obey(self, order: Cancel | Stop | Turn) -> None:
        """Do what somebody wants done to a job, if it is one of ours."""
        if order.job in self._painting:
            self._painting[order.job].obey(order)

    async def paint(self, _context: dict[str, Any], job_id: str) -> None:
        """Paint a job and end it. Delivered at least once; ends once."""
        if job_id in self._under_way:
            # The lease ran out while Redis was away, and arq gave us our own job: by then it is renewed.
            raise Retry(defer=2 * RENEW_SECONDS)
        self._under_way.add(job_id)
        try:
            await self._deliver(job_id)
        finally:
            self._under_way.discard(job_id)

    async def _deliver(self, job_id: str) -> None:
        async with lease(self.store.redis, job_id):
            try:
                record = await self.store.record(job_id)
            except NoSuchJob:
                log.warning("job %s: its record is gone", job_id)
                return
            job = record.job
            verdict, tries = await self.store.begin(job, self.name)
            if verdict == "worn":
                log.error("job %s: set aside after %d tries", job_id, tries - 1)
                reason = f"It ended {tries - 1} workers that tried to paint it, so it was set aside."
                await self._finish(job, Failed(reason=reason), None)
            if verdict != "go":
                return
            try:
                ending = await self._ending(await self._as_begun(record), tries)
            except asyncio.CancelledError:
                await self.store.run("hand_over", [keys.record(job.id)], [tries])
                raise
            await self._finish(job, ending, tries)

    async def _as_begun(self, record: Record) -> Record:
        """The record once more, with the turns that came since."""
        try:
            return await self.store.record(record.job.id)
        except RedisAway:
            return record

    async def _ending(self, record: Record, tries: int) -> Ending:
        job = record.job
        try:
            async with asyncio.timeout(self.job_timeout):
                return await self._paint(record, tries)
        except TimeoutError:
            return Failed(reason=f"It took longer than {self.job_timeout:g} seconds.")
        except DreamError as error:
            return Failed(reason=str(error))
        except Exception:
            incident = secrets.token_hex(3)
            log.exception("job %s: incident %s", job.id, incident)
            return Failed(reason="Something broke while painting.", incident=incident)

    async def _paint(self, record: Record, tries: int) -> Ending:
        job, recipe = record.job, record.recipe
        if order := await fetch_missing(self.store, job.id, recipe):
            return Cancelled(by=order.by)
        inputs = await self._inputs(recipe, job.owner)
        if (origin := await picked_up(self.store, record, tries)) is not None:
            try:
                return await self._paint_from(origin, record, tries, inputs)
            except CannotResume as error:
                log.warning("job %s begins anew: %s", job.id, error)
                with contextlib.suppress(*RedisAway):
                    await checkpoints.begin_anew(self.store, record, tries)
        return await self._paint_from(Origin(await self._state(job)), record, tries, inputs)

    async def _paint_from(self, origin: Origin, record: Record, tries: int, inputs: Inputs) -> Ending:
        job, recipe = record.job, record.recipe
        asked = (await self._as_begun(record)).asked
        painting = self.engine.paint(recipe, inputs, origin.state, origin.before)
        under_way = UnderWay(job, tries, painting, self.store, origin.before.frames)
        self._painting[job.id] = under_way
        under_way.turn(asked)
        under_way.look()
        checkpointing = Checkpointing(under_way, self.keeper.largest_state, origin.checkpoint)
        try:
            await self._order_from_before(job.id)
            outcome = await self._follow(under_way)
        except asyncio.CancelledError:
            await checkpointing.last()
            await _gone(painting)
            raise
        except BaseException:
            await _gone(painting)
            raise
        finally:
            await checkpointing.close()
            self._painting.pop(job.id, None)
        if outcome.kind == "cancelled" or outcome.picture is None:
            return Cancelled(by=under_way.whoever)
        if outcome.kind == "finished" and job.state is None:
            with contextlib.suppress(*RedisAway):
                steps = recipe.work if recipe.several else outcome.step
                await self.store.note_cost(cost_kind(painting.recipe), outcome.seconds / steps)
        if painting.recipe != recipe:
            with contextlib.suppress(*RedisAway):
                await under_way.note()
        return await self.keeper.ended(under_way, outcome)

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
            pictures[key] = Pillow.open(io.BytesIO(data), formats=["PNG"]).convert("RGB")
        if recipe.collection is None:
            return Inputs(pictures)
        return Inputs(pictures, await asyncio.to_thread(self.shelf.find, recipe.collection.name, owner.id))

    async def _order_from_before(self, job: str) -> None:
        raw = await self.store.redis.hget(keys.record(job), "order")  # type: ignore[misc]
        if raw is not None:
            self.obey(ORDER.validate_json(raw))

    async def _follow(self, under_way: UnderWay) -> Outcome:
        job, painting = under_way.job, under_way.painting
        async for update in painting.updates():
            if isinstance(update, Outcome):
                if update.kind != "cancelled":
                    await under_way.keep_earlier()
                return update
            try:
                await self.store.put_frame(_frame(job, painting.recipe, update))
                await under_way.keep_earlier()
            except RedisAway:
                log.warning("job %s: a frame was not shown, Redis is away", job.id)
        raise AssertionError("a painting ends with an outcome")

    async def _finish(self, job: Job, ending: Ending, tries: int | None) -> None:
        while True:
            try:
                counted = await self.store.finish(job, ending, tries)
            except RedisAway:
                log.warning("job %s: its end waits for Redis to come back", job.id)
                await asyncio.sleep(1)
                continue
            log.info("job %s: %s%s", job.id, ending.kind, "" if counted else " (had ended before)")
            return


async def _gone(painting: Painting) -> None:
    painting.cancel()
    await painting.gone()


def _frame(job: Job, recipe: Recipe, update: FrameReady) -> Frame:
    return Frame(
        job=job.id,
        step=update.step,
        steps=recipe.steps,
        score=update.score,
        seconds=update.seconds,
        image=jpeg_bytes(update.picture),
    )
