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

from dreamqueue import keys
from dreamqueue.errors import DreamError, NoSuchJob, PictureError
from dreamqueue.events import ORDER, Cancel, Frame, Stop
from dreamqueue.job import Cancelled, Ending, Failed, Finished, Job, Owner, Stopped
from dreamqueue.places import cost_kind
from dreamqueue.store import JobStore, RedisAway
from dreamrender.backend import Inputs
from dreamrender.engine import Engine
from dreamrender.painting import FrameReady, Outcome, Painting
from dreamrender.picture import animation_bytes, jpeg_bytes, result, to_pil
from dreamrender.worker.lease import RENEW_SECONDS, lease

log = logging.getLogger(__name__)


class Painter:
    """Paints jobs for one worker. `paint` is what arq calls."""

    def __init__(self, name: str, store: JobStore, engine: Engine, job_timeout: float) -> None:
        self.name = name
        self.store = store
        self.engine = engine
        self.job_timeout = job_timeout
        self._under_way: set[str] = set()
        self._painting: dict[str, Painting] = {}
        self._orders: dict[str, Cancel | Stop] = {}

    def obey(self, order: Cancel | Stop) -> None:
        """Do what somebody wants done to a job, if it is one of ours."""
        painting = self._painting.get(order.job)
        if painting is None:
            return
        self._orders[order.job] = order
        if isinstance(order, Cancel):
            painting.cancel()
        else:
            painting.stop()

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
                ending = await self._ending(job)
            except asyncio.CancelledError:
                await self.store.run("hand_over", [keys.record(job.id)], [tries])
                raise
            await self._finish(job, ending, tries)

    async def _ending(self, job: Job) -> Ending:
        try:
            async with asyncio.timeout(self.job_timeout):
                return await self._paint(job)
        except TimeoutError:
            return Failed(reason=f"It took longer than {self.job_timeout:g} seconds.")
        except DreamError as error:
            return Failed(reason=str(error))
        except Exception:
            incident = secrets.token_hex(3)
            log.exception("job %s: incident %s", job.id, incident)
            return Failed(reason="Something broke while painting.", incident=incident)

    async def _paint(self, job: Job) -> Ending:
        painting = self.engine.paint(job.recipe, await self._inputs(job))
        self._painting[job.id] = painting
        try:
            await self._order_from_before(job.id)
            outcome = await self._follow(job, painting)
        except BaseException:
            painting.cancel()
            await painting.gone()
            raise
        finally:
            self._painting.pop(job.id, None)
        order = self._orders.pop(job.id, None)
        if outcome.kind == "cancelled" or outcome.picture is None:
            return Cancelled(by=order.by if order else Owner(id="", name="the worker"))
        if outcome.kind == "finished":
            with contextlib.suppress(*RedisAway):
                await self.store.note_cost(cost_kind(painting.recipe), outcome.seconds / outcome.step)
        return await self._keep(job, painting, outcome, order)

    async def _inputs(self, job: Job) -> Inputs:
        pictures: dict[str, PILImage] = {}
        for key in job.recipe.pictures:
            data = await self.store.fetch(key)
            if data is None:
                which = "initial" if key == job.recipe.image else "target"
                raise PictureError(f"The {which} picture is not kept any more; please attach it again.")
            pictures[key] = Pillow.open(io.BytesIO(data), formats=["PNG"]).convert("RGB")
        return Inputs(pictures)

    async def _order_from_before(self, job: str) -> None:
        raw = await self.store.redis.hget(keys.record(job), "order")  # type: ignore[misc]
        if raw is not None:
            self.obey(ORDER.validate_json(raw))

    async def _follow(self, job: Job, painting: Painting) -> Outcome:
        async for update in painting.updates():
            if isinstance(update, Outcome):
                return update
            try:
                await self.store.put_frame(_frame(job, update))
            except RedisAway:
                log.warning("job %s: a frame was not shown, Redis is away", job.id)
        raise AssertionError("a painting ends with an outcome")

    async def _keep(
        self, job: Job, painting: Painting, outcome: Outcome, order: Cancel | Stop | None
    ) -> Ending:
        assert outcome.picture is not None
        last = to_pil(outcome.picture)
        picture = await asyncio.to_thread(result, last, painting.recipe, job.upload_limit)
        room = job.upload_limit - len(picture.data)
        animation = await asyncio.to_thread(animation_bytes, [*painting.kept, last], room)
        picture_key = await self._patiently_keep(picture.data)
        animation_key = await self._patiently_keep(animation) if animation else None
        extras = {suffix: await self._patiently_keep(data) for suffix, data in outcome.extras.items()}
        notes = (*outcome.notes, *([picture.note] if picture.note else ()))
        if outcome.kind == "stopped":
            return Stopped(
                by=order.by if order else Owner(id="", name="the worker"),
                step=outcome.step,
                picture=picture_key,
                animation=animation_key,
                score=outcome.score,
                seconds=outcome.seconds,
                notes=notes,
                extras=extras,
            )
        return Finished(
            picture=picture_key,
            animation=animation_key,
            score=outcome.score,
            seconds=outcome.seconds,
            notes=notes,
            extras=extras,
        )

    async def _patiently_keep(self, data: bytes) -> str:
        while True:
            try:
                return await self.store.keep(data)
            except RedisAway:
                log.warning("a picture waits for Redis to come back")
                await asyncio.sleep(1)

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


def _frame(job: Job, update: FrameReady) -> Frame:
    return Frame(
        job=job.id,
        step=update.step,
        steps=job.recipe.steps,
        score=update.score,
        seconds=update.seconds,
        image=jpeg_bytes(update.picture),
    )
