"""arq's side of a worker: it takes jobs from several lanes, and no more at once than the engine paints."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from arq.typing import WorkerCoroutine
from arq.worker import Worker, func

from dreamqueue import keys
from dreamqueue.client import FUNCTION, QueueClient
from dreamqueue.store import RedisAway
from dreamqueue.wire import arq_dumps, arq_loads
from dreamrender.worker.lease import LEASE_SECONDS
from dreamrender.worker.paint import Painter

log = logging.getLogger(__name__)


@dataclass
class Slots:
    """What the lanes of one worker share."""

    taken: int = 0


class LaneWorker(Worker):
    """Takes jobs from one lane while there are slots that no lane has taken."""

    def __init__(self, slots: Slots, **options: Any) -> None:
        self.slots = slots
        super().__init__(**options)

    @property
    def job_counter(self) -> int:
        """Jobs that are being painted, from whichever lane; arq takes none while it is at `max_jobs`."""
        return self.slots.taken

    @job_counter.setter
    def job_counter(self, count: int) -> None:
        self.slots.taken = count


def lane_workers(client: QueueClient, lanes: Sequence[str], painter: Painter, slots: int) -> list[LaneWorker]:
    """One for each lane; together they take at most `slots` jobs at once."""
    shared = Slots()
    return [_lane_worker(client, lane, painter, slots, shared) for lane in lanes]


def stop_picking(workers: Iterable[Worker]) -> None:
    """Take no more jobs; those that were taken go on."""
    for worker in workers:
        worker.allow_pick_jobs = False


async def serve(worker: Worker) -> None:
    """Until it is cancelled, also when Redis comes and goes."""
    while True:
        try:
            await worker.async_run()
        except RedisAway:
            log.warning("lane %s: Redis is away", worker.queue_name)
            await asyncio.sleep(0.5)
        except asyncio.CancelledError:
            for task in worker.tasks.values():
                task.cancel()
            await asyncio.gather(*worker.tasks.values(), return_exceptions=True)
            raise


def _lane_worker(client: QueueClient, lane: str, painter: Painter, most: int, slots: Slots) -> LaneWorker:
    worker = LaneWorker(
        slots,
        functions=[func(cast(WorkerCoroutine, painter.paint), name=FUNCTION)],
        queue_name=keys.lane(lane),
        redis_pool=client.redis,
        max_jobs=most,
        max_tries=1000,  # the record counts tries and says when it gives up; arq would be silent
        job_timeout=painter.job_timeout + 60,
        keep_result=0,
        poll_delay=0.05,
        health_check_interval=15,
        handle_signals=False,
        job_serializer=arq_dumps,
        job_deserializer=arq_loads,
    )
    worker.in_progress_timeout_s = LEASE_SECONDS
    return worker
