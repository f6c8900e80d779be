"""arq's side of a worker: what it picked for a lane, arq runs."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, cast

from arq.constants import retry_key_prefix
from arq.typing import WorkerCoroutine
from arq.worker import Worker, func
from redis.exceptions import RedisError

from dreamqueue import keys
from dreamqueue.client import FUNCTION, QueueClient
from dreamqueue.store import RedisAway
from dreamqueue.wire import arq_dumps, arq_loads
from dreamrender.worker.lease import LEASE_SECONDS
from dreamrender.worker.paint import Painter

log = logging.getLogger(__name__)

AT_ONCE = 1_000_000
"""More than a worker ever has in hand; how many it paints, the slots say."""


class LaneWorker(Worker):
    """Runs jobs of one lane. It takes none by itself: the picker hands them over and counts them."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.allow_pick_jobs = False

    async def finish_job(self, job_id: str, *_: object) -> None:
        """Only what is arq's own is put away: what else is left of a job, the record's scripts decide.

        A worker that lost a job to another would otherwise take it out of the other's hands.
        """
        await self.pool.delete(retry_key_prefix + job_id)


class Lanes:
    """The lanes that this worker has taken jobs from, each with a worker of arq's."""

    def __init__(self, client: QueueClient, painter: Painter) -> None:
        self._client = client
        self._painter = painter
        self._workers: dict[str, LaneWorker] = {}
        self._serving: set[asyncio.Task[None]] = set()

    def worker(self, lane: str) -> LaneWorker:
        """The one of a lane; begun when it is first asked for."""
        if lane not in self._workers:
            self._workers[lane] = worker = self._begun(lane)
            self._serving.add(asyncio.create_task(_serve(worker), name=worker.queue_name))
        return self._workers[lane]

    async def close(self) -> None:
        """End them all; what they were painting is handed over."""
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    def _begun(self, lane: str) -> LaneWorker:
        worker = LaneWorker(
            functions=[func(cast(WorkerCoroutine, self._painter.paint), name=FUNCTION)],
            queue_name=keys.lane(lane),
            redis_pool=self._client.redis,
            max_jobs=AT_ONCE,
            max_tries=AT_ONCE,  # the record counts tries and says when it gives up; arq would be silent
            job_timeout=self._painter.job_timeout + 60,
            keep_result=0,
            poll_delay=0.5,
            health_check_interval=15,
            handle_signals=False,
            job_serializer=arq_dumps,
            job_deserializer=arq_loads,
        )
        worker.in_progress_timeout_s = LEASE_SECONDS
        return worker


async def _serve(worker: Worker) -> None:
    """arq's housekeeping, until it is cancelled, also when Redis comes and goes."""
    while True:
        try:
            await worker.async_run()
        except RedisAway:
            log.warning("lane %s: Redis is away", worker.queue_name)
            await asyncio.sleep(0.5)
        except RedisError:
            log.exception("lane %s: Redis answered with an error", worker.queue_name)
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            for task in worker.tasks.values():
                task.cancel()
            await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
            raise
