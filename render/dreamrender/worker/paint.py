"""The arq function: one job, from its record to its one end."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import secrets
from dataclasses import dataclass
from typing import Any

from arq.worker import Retry, RetryJob
from PIL import Image as Pillow
from PIL.Image import Image as PILImage

from dreamqueue import keys
from dreamqueue.errors import CannotResume, DreamError, NoSuchJob, PictureError
from dreamqueue.events import ORDER, Cancel, Frame, Stop, Turn
from dreamqueue.job import Cancelled, Ending, Failed, Job, Owner, Record
from dreamqueue.places import cost_kind
from dreamqueue.recipe import Recipe
from dreamqueue.store import JobStore, RedisAway
from dreamrender.backend import Inputs
from dreamrender.broken import EngineBroken
from dreamrender.collection.shelf import Shelf
from dreamrender.engine import Engine
from dreamrender.painting import FrameReady, Outcome
from dreamrender.picture import jpeg_bytes
from dreamrender.worker.keeping import Keeper
from dreamrender.worker.lease import RENEW_SECONDS, lease
from dreamrender.worker.missing import fetch_missing
from dreamrender.worker.under_way import UnderWay

log = logging.getLogger(__name__)

LET_GO_SECONDS = 2.0
"""How long a job that is handed over waits for the engine's step; the engine lets go of it after that."""
HAND_OVER_SECONDS = 1.0
"""How long Redis has for taking a job back; if it is away, the job's lease runs out."""


@dataclass(frozen=True)
class _Painted:
    """A painting that left a picture, which is not stored yet."""

    under_way: UnderWay
    outcome: Outcome
    asked: Recipe
    """The recipe as it was begun with."""


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
        self._early: dict[str, list[Turn]] = {}
        """Turns of jobs that are begun here and not painted yet: models are fetched, pictures looked at."""

    @property
    def busy(self) -> int:
        """Jobs that have been begun here and have no end yet."""
        return len(self._under_way)

    def obey(self, order: Cancel | Stop | Turn) -> None:
        """Do what somebody wants done to a job, if it is one of ours."""
        if order.job in self._painting:
            self._painting[order.job].obey(order)
        elif order.job in self._early and not isinstance(order, Cancel | Stop):
            self._early[order.job].append(order)

    async def paint(self, _context: dict[str, Any], job_id: str) -> None:
        """Paint a job and end it. Delivered at least once; ends once.

        Raises RetryJob, on which arq lets go of the lease at once, for a job that another worker shall paint.
        """
        if self.engine.broken is not None:
            raise RetryJob("this worker cannot paint any more")
        if job_id in self._under_way:
            # The lease ran out while Redis was away, and arq gave us our own job: by then it is renewed.
            raise Retry(defer=2 * RENEW_SECONDS)
        self._under_way.add(job_id)
        self._early[job_id] = []
        try:
            await self._deliver(job_id)
        except RedisAway as error:
            log.warning("job %s is not begun just now: %s", job_id, error)
            raise RetryJob("Redis is away") from None
        finally:
            self._under_way.discard(job_id)
            self._early.pop(job_id, None)

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
                painted = await self._painted(await self._as_begun(record), tries)
            except asyncio.CancelledError:
                await self._hand_over(job, tries)
                raise
            except EngineBroken as broken:
                if broken.blamed:
                    log.error("job %s: try %d was under way when %s", job.id, tries, broken)
                else:
                    await self._hand_over(job, tries)
                raise RetryJob(str(broken)) from None
            await self._put_away(job, painted, tries)

    async def _hand_over(self, job: Job, tries: int) -> None:
        """Give the try back, whoever cancels us. arq lets go of the lease once we have raised."""
        giving = asyncio.create_task(self._give_back(job, tries), name=f"hand over {job.id}")
        try:
            await asyncio.shield(giving)
        except asyncio.CancelledError:
            await asyncio.wait({giving})
            raise

    async def _give_back(self, job: Job, tries: int) -> None:
        try:
            async with asyncio.timeout(HAND_OVER_SECONDS):
                await self.store.run("hand_over", [keys.record(job.id)], [tries])
        except RedisAway:
            log.warning("job %s could not be handed over, Redis is away: its lease runs out", job.id)
        else:
            log.info("job %s: handed over", job.id)

    async def _as_begun(self, record: Record) -> Record:
        """The record once more: from here on turns are told to us, before they were written there."""
        try:
            return await self.store.record(record.job.id)
        except RedisAway:
            return record

    async def _painted(self, record: Record, tries: int) -> Ending | _Painted:
        job = record.job
        try:
            async with asyncio.timeout(self.job_timeout):
                return await self._paint(job, record.recipe, tries)
        except TimeoutError:
            return Failed(reason=f"It took longer than {self.job_timeout:g} seconds.")
        except EngineBroken:
            raise
        except Exception as error:
            return _failed(job, error)

    async def _put_away(self, job: Job, painted: Ending | _Painted, tries: int) -> None:
        """Store what is painted and end the job, also if the worker is told to go meanwhile."""
        storing = asyncio.create_task(self._store(job, painted, tries), name=f"store {job.id}")
        try:
            await asyncio.shield(storing)
        except asyncio.CancelledError:
            await asyncio.wait({storing}, timeout=LET_GO_SECONDS)
            if storing.cancel():
                await asyncio.wait({storing})
                await self._hand_over(job, tries)
            raise

    async def _store(self, job: Job, painted: Ending | _Painted, tries: int) -> None:
        if isinstance(painted, _Painted):
            await self._note(painted)
            try:
                painted = await self.keeper.ended(painted.under_way, painted.outcome)
            except Exception as error:
                painted = _failed(job, error)
        await self._finish(job, painted, tries)

    async def _note(self, painted: _Painted) -> None:
        """What is good to know of it beside its end; nothing waits for that."""
        under_way, outcome, asked = painted.under_way, painted.outcome, painted.asked
        recipe, job = under_way.painting.recipe, under_way.job
        await under_way.keep_earlier()
        with contextlib.suppress(*RedisAway):
            if outcome.kind == "finished" and job.state is None:
                steps = asked.work if asked.several else outcome.step
                await self.store.note_cost(cost_kind(recipe), outcome.seconds / steps)
            if recipe != asked:
                await self.store.note_turn(job.id, under_way.tries, recipe)

    async def _paint(self, job: Job, recipe: Recipe, tries: int) -> Ending | _Painted:
        if order := await fetch_missing(self.store, job.id, recipe):
            return Cancelled(by=order.by)
        inputs = await self._inputs(recipe, job.owner)
        painting = self.engine.paint(recipe, inputs, await self._state(job), alone=tries > 1)
        under_way = self._painting[job.id] = UnderWay(job, tries, painting, self.store)
        try:
            for turn in self._early.pop(job.id, ()):
                under_way.obey(turn)
            await self._order_from_before(job.id)
            outcome = await self._follow(under_way)
        except BaseException:
            painting.cancel()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LET_GO_SECONDS):
                    await painting.gone()
            if painting.blamed and self.engine.broken is not None:
                raise EngineBroken(self.engine.broken, blamed=True) from None
            raise
        finally:
            self._painting.pop(job.id, None)
        if outcome.kind == "cancelled" or outcome.picture is None:
            return Cancelled(by=under_way.whoever)
        return _Painted(under_way, outcome, recipe)

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


def _failed(job: Job, error: Exception) -> Failed:
    if isinstance(error, DreamError):
        return Failed(reason=str(error))
    incident = secrets.token_hex(3)
    log.error("job %s: incident %s", job.id, incident, exc_info=error)
    return Failed(reason="Something broke while painting.", incident=incident)


def _frame(job: Job, recipe: Recipe, update: FrameReady) -> Frame:
    return Frame(
        job=job.id,
        step=update.step,
        steps=recipe.steps,
        score=update.score,
        seconds=update.seconds,
        image=jpeg_bytes(update.picture),
    )
