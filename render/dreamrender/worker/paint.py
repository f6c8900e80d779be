"""The arq function: one job, from its record to its one end."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import secrets
from dataclasses import dataclass
from typing import Any

from arq.worker import RetryJob
from PIL import Image as Pillow
from PIL.Image import Image as PILImage

from dreamqueue import keys
from dreamqueue.errors import CannotResume, DreamError, PictureError
from dreamqueue.events import ORDER, Cancel, Frame, Stop, Turn
from dreamqueue.job import Cancelled, Ending, Failed, Finished, Job, Owner, Record, Stopped
from dreamqueue.logs import about
from dreamqueue.places import cost_kind
from dreamqueue.recipe import Recipe
from dreamqueue.store import Begun, JobStore, RedisAway
from dreamrender.backend import Inputs
from dreamrender.broken import EngineBroken
from dreamrender.collection.shelf import Shelf
from dreamrender.engine import Engine
from dreamrender.metrics import Tally
from dreamrender.painting import FrameReady, Outcome, Painting
from dreamrender.picture import jpeg_bytes
from dreamrender.worker.keeping import Keeper
from dreamrender.worker.lease import lease
from dreamrender.worker.missing import fetch_missing
from dreamrender.worker.slots import Slots
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
        slots: Slots | None = None,
    ) -> None:
        self.name = name
        self.store = store
        self.engine = engine
        self.job_timeout = job_timeout
        self.shelf = shelf or Shelf(None)
        self.keeper = Keeper(store, largest_state)
        self.tally = Tally(engine.max_sessions)
        self.slots = slots or Slots(1)
        self.ended = 0
        """Jobs that it brought to an end."""
        self._under_way: set[str] = set()
        self._painting: dict[str, UnderWay] = {}
        self._early: dict[str, list[Turn]] = {}
        """Turns of jobs that are begun here and not painted yet: models are fetched, pictures looked at."""

    @property
    def painting(self) -> tuple[str, ...]:
        """Ids of the jobs that it has in hand."""
        return tuple(sorted(self._under_way))

    def obey(self, order: Cancel | Stop | Turn) -> None:
        """Do what somebody wants done to a job, if it is one of ours."""
        if order.job in self._painting:
            self._painting[order.job].obey(order)
        elif order.job in self._early and not isinstance(order, Cancel | Stop):
            self._early[order.job].append(order)

    async def paint(self, _context: dict[str, Any], job_id: str) -> None:
        """Paint a job and end it. Delivered at least once; ends once.

        Raises RetryJob for a job that is not begun, or that another worker shall paint.
        """
        if self.engine.broken is not None:
            with contextlib.suppress(*RedisAway):
                await self.store.redis.delete(keys.lease(job_id))
            raise RetryJob("this worker cannot paint any more")
        if job_id in self._under_way:  # the lease ran out while Redis was away; it is renewed by now
            return
        self._under_way.add(job_id)
        self._early[job_id] = []
        try:
            with about(job_id):
                await self._deliver(job_id)
        except RedisAway as error:
            log.warning("job %s is not begun just now: %s", job_id, error)
            raise RetryJob("Redis is away") from None
        finally:
            self.tally.left(job_id)
            self._under_way.discard(job_id)
            self._early.pop(job_id, None)

    async def _deliver(self, job_id: str) -> None:
        begun = await self.store.begin(job_id, self.name)
        if begun.verdict == "unknown":
            log.warning("job %s: its record is gone", job_id)
            return
        if begun.verdict == "worn":
            log.error("job %s: set aside after %d tries", job_id, begun.tries - 1)
            reason = f"It ended {begun.tries - 1} workers that tried to paint it, so it was set aside."
            await self._finish(job_id, Failed(reason=reason))
        if begun.verdict != "go":
            return
        me = asyncio.current_task()
        assert me is not None
        lost = False

        def lose() -> None:
            nonlocal lost
            lost = True
            me.cancel()

        try:
            async with lease(self.store, job_id, begun.holder, lose):
                painted = await self._painted(job_id, begun)
                await self._put_away(job_id, painted, begun.holder)
        except asyncio.CancelledError:
            if lost and me.uncancel() == 0:
                return
            await self._hand_over(job_id, begun.holder)
            raise
        except EngineBroken as broken:
            await self._hand_over(job_id, begun.holder, counted=broken.blamed)
            raise RetryJob(str(broken)) from None

    async def _hand_over(self, job_id: str, holder: str, counted: bool = False) -> None:
        """Let go of the job, whoever cancels us meanwhile."""
        giving = asyncio.create_task(self._give_back(job_id, holder, counted), name=f"hand over {job_id}")
        try:
            await asyncio.shield(giving)
        except asyncio.CancelledError:
            await asyncio.wait({giving})
            raise

    async def _give_back(self, job_id: str, holder: str, counted: bool) -> None:
        try:
            async with asyncio.timeout(HAND_OVER_SECONDS):
                ours = await self.store.hand_over(job_id, holder, counted)
        except RedisAway:
            log.warning("job %s could not be handed over, Redis is away: its lease runs out", job_id)
        else:
            if ours:
                log.info("job %s: handed over%s", job_id, ", and its try counts" if counted else "")

    async def _painted(self, job_id: str, begun: Begun) -> Ending | _Painted:
        try:
            record = await self._record(job_id)
            self.tally.begun(record)
            async with asyncio.timeout(self.job_timeout):
                return await self._paint(record.job, record.recipe, begun)
        except TimeoutError:
            return Failed(reason=f"It took longer than {self.job_timeout:g} seconds.")
        except EngineBroken:
            raise
        except Exception as error:
            return _failed(job_id, error)

    async def _put_away(self, job_id: str, painted: Ending | _Painted, holder: str) -> None:
        """Store what is painted and end the job, also if the worker is told to go meanwhile."""
        storing = asyncio.create_task(self._store(job_id, painted, holder), name=f"store {job_id}")
        try:
            await asyncio.shield(storing)
        except asyncio.CancelledError:
            await asyncio.wait({storing}, timeout=LET_GO_SECONDS)
            if storing.cancel():
                await asyncio.wait({storing})
            raise

    async def _store(self, job_id: str, painted: Ending | _Painted, holder: str) -> None:
        if isinstance(painted, _Painted):
            await self._note(painted)
            try:
                painted = await self.keeper.ended(painted.under_way, painted.outcome)
            except Exception as error:
                painted = _failed(job_id, error)
        await self._finish(job_id, painted, holder)

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
                await self.store.note_turn(job.id, under_way.holder, recipe)

    async def _record(self, job_id: str) -> Record:
        """What it is, read after it was begun: turns from now on are told to us."""
        while True:
            try:
                return await self.store.record(job_id)
            except RedisAway:
                await asyncio.sleep(0.5)

    async def _paint(self, job: Job, recipe: Recipe, begun: Begun) -> Ending | _Painted:
        if order := await fetch_missing(self.store, job.id, recipe):
            return Cancelled(by=order.by)
        inputs = await self._inputs(recipe, job.owner)
        painting = self.engine.paint(recipe, inputs, await self._state(job), alone=begun.tries > 1)
        under_way = self._painting[job.id] = UnderWay(job, begun.holder, painting, self.store)
        leaving = asyncio.create_task(self._leave(painting, job.id), name=f"slot {job.id}")
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
            leaving.cancel()
            self._painting.pop(job.id, None)
        if outcome.kind == "cancelled" or outcome.picture is None:
            return Cancelled(by=under_way.whoever)
        return _Painted(under_way, outcome, recipe)

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
                await self.store.note_step(job.id, under_way.holder, update.step)
                await self.store.put_frame(_frame(job, painting.recipe, update))
                await under_way.keep_earlier()
            except RedisAway:
                log.warning("job %s: a frame was not shown, Redis is away", job.id)
        raise AssertionError("a painting ends with an outcome")

    async def _finish(self, job_id: str, ending: Ending, holder: str | None = None) -> None:
        took = ending.seconds if isinstance(ending, Finished | Stopped) else None
        while True:
            try:
                counted = await self.store.finish(job_id, ending, holder, took)
            except RedisAway:
                log.warning("job %s: its end waits for Redis to come back", job_id)
                await asyncio.sleep(1)
                continue
            self.ended += counted
            if counted:
                self.tally.ended(job_id, ending.kind, took)
            log.info("job %s: %s%s", job_id, ending.kind, "" if counted else " (had ended before)")
            return


def _failed(job_id: str, error: Exception) -> Failed:
    if isinstance(error, DreamError):
        return Failed(reason=str(error))
    incident = secrets.token_hex(3)
    log.error("job %s: incident %s", job_id, incident, exc_info=error)
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
