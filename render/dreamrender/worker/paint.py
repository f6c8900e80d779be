"""The arq function: one job, from its record to its one end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from typing import Any

from arq.worker import RetryJob

from dreamqueue import keys
from dreamqueue.costs import learn
from dreamqueue.errors import DreamError
from dreamqueue.events import Cancel, Stop, Turn
from dreamqueue.job import Ending, Failed, Finished, Stopped
from dreamqueue.logs import about
from dreamqueue.pace import Pace
from dreamqueue.store import Begun, JobStore, RedisAway
from dreamrender.broken import EngineBroken
from dreamrender.collection.shelf import Shelf
from dreamrender.engine import Engine
from dreamrender.judging.looking import Looker
from dreamrender.metrics import Tally
from dreamrender.worker.attempt import LET_GO_SECONDS, Attempts, Painted
from dreamrender.worker.keeping import Keeper
from dreamrender.worker.lease import lease
from dreamrender.worker.slots import Slots

log = logging.getLogger(__name__)

HAND_OVER_SECONDS = 1.0
"""How long Redis has for taking a job back; if it is away, the job's lease runs out."""


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
        looker: Looker | None = None,
    ) -> None:
        self.name = name
        self.store = store
        self.engine = engine
        self.job_timeout = job_timeout
        self.keeper = Keeper(store, largest_state)
        self.tally = Tally(engine.max_sessions)
        slots = slots or Slots(1)
        self.pace = Pace(slots.most)
        self.attempts = Attempts(store, engine, slots, shelf or Shelf(None), largest_state, looker)
        self.ended = 0
        """Jobs that it brought to an end."""
        self._in_hand: set[str] = set()

    @property
    def painting(self) -> tuple[str, ...]:
        """Ids of the jobs that it has in hand."""
        return tuple(sorted(self._in_hand))

    def obey(self, order: Cancel | Stop | Turn) -> None:
        """Do what somebody wants done to a job, if it is one of ours."""
        self.attempts.obey(order)

    async def paint(self, _context: dict[str, Any], job_id: str) -> None:
        """Paint a job and end it. Delivered at least once; ends once.

        Raises RetryJob for a job that is not begun, or that another worker shall paint.
        """
        if self.engine.broken is not None:
            with contextlib.suppress(*RedisAway):
                await self.store.redis.delete(keys.lease(job_id))
            raise RetryJob("this worker cannot paint any more")
        if job_id in self._in_hand:  # the lease ran out while Redis was away; it is renewed by now
            return
        self._in_hand.add(job_id)
        try:
            with about(job_id):
                await self._deliver(job_id)
        except RedisAway as error:
            log.warning("job %s is not begun just now: %s", job_id, error)
            raise RetryJob("Redis is away") from None
        finally:
            self.tally.left(job_id)
            self._in_hand.discard(job_id)

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
            self.attempts.lose(job_id)
            me.cancel()

        try:
            async with lease(self.store, job_id, begun.holder, lose):
                painted = await self._painted(job_id, begun)
                await self._put_away(job_id, painted, begun.holder)
        except asyncio.CancelledError:
            if lost and me.uncancel() == 0:
                with contextlib.suppress(*RedisAway):
                    await self.store.refund(job_id, begun.holder)
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

    async def _painted(self, job_id: str, begun: Begun) -> Ending | Painted:
        time_left = asyncio.timeout(None)
        try:
            record = await self.attempts.record(job_id)
            self.tally.begun(record)
            async with asyncio.timeout(self.job_timeout) as time_left:
                return await self.attempts.paint(record, begun)
        except EngineBroken:
            raise
        except Exception as error:
            if isinstance(error, TimeoutError) and time_left.expired():
                return Failed(reason=f"It took longer than {self.job_timeout:g} seconds.")
            return _failed(job_id, error)

    async def _put_away(self, job_id: str, painted: Ending | Painted, holder: str) -> None:
        """Store what is painted and end the job, also if the worker is told to go meanwhile."""
        storing = asyncio.create_task(self._store(job_id, painted, holder), name=f"store {job_id}")
        try:
            await asyncio.shield(storing)
        except asyncio.CancelledError:
            await asyncio.wait({storing}, timeout=LET_GO_SECONDS)
            if storing.cancel():
                await asyncio.wait({storing})
            raise

    async def _store(self, job_id: str, painted: Ending | Painted, holder: str) -> None:
        if isinstance(painted, Painted):
            await self._note(painted)
            try:
                painted = await self.keeper.ended(painted.under_way, painted.outcome)
            except Exception as error:
                painted = _failed(job_id, error)
        await self._finish(job_id, painted, holder)

    async def _note(self, painted: Painted) -> None:
        """What is good to know of it beside its end; nothing waits for that."""
        under_way, outcome, asked = painted.under_way, painted.outcome, painted.asked
        recipe = under_way.painting.recipe
        try:
            await under_way.keep_earlier()
            chosen = asked.several and not recipe.several  # it was fewer steps than were asked for
            if outcome.kind == "finished" and painted.took is not None and not chosen:
                steps = asked.work if asked.several else outcome.step
                await learn(self.store.redis, recipe, steps, *painted.took, self.pace)
            if recipe != asked:
                await under_way.note()
        except RedisAway:
            log.warning("job %s: what it took was not learnt, Redis is away", under_way.job.id)
        except Exception:
            log.exception("job %s: what it took was not learnt", under_way.job.id)

    async def _finish(self, job_id: str, ending: Ending, holder: str | None = None) -> None:
        whole = isinstance(ending, Finished | Stopped)
        took = ending.seconds if isinstance(ending, Finished | Stopped) else self.attempts.painted(job_id)
        while True:
            try:
                counted = await self.store.finish(job_id, ending, holder, took)
            except RedisAway:
                log.warning("job %s: its end waits for Redis to come back", job_id)
                await asyncio.sleep(1)
                continue
            self.ended += counted
            if counted:
                self.tally.ended(job_id, ending.kind, took if whole else None)
            log.info("job %s: %s%s", job_id, ending.kind, "" if counted else " (had ended before)")
            return


def _failed(job_id: str, error: Exception) -> Failed:
    if isinstance(error, DreamError):
        return Failed(reason=str(error))
    incident = secrets.token_hex(3)
    log.error("job %s: incident %s", job_id, incident, exc_info=error)
    return Failed(reason="Something broke while painting.", incident=incident)
