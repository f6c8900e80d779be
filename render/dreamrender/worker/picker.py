"""Takes the next job for this worker: from all lanes that it can serve, the one whose turn it is.

arq runs the jobs, one worker of its own for each lane; which of the lanes is next, and which job, `pick.lua`
decides in one question for all of them.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Sequence

from dreamqueue import keys
from dreamqueue.client import QueueClient
from dreamqueue.needs import Needs, lacks
from dreamqueue.store import RedisAway
from dreamqueue.workers import WorkerCard
from dreamrender.worker.lanes import Lanes
from dreamrender.worker.slots import Slots

log = logging.getLogger(__name__)

POLL_SECONDS = 0.05
CLAIM_SECONDS = 1.0
"""How long a job is kept for the worker that is about to begin it."""
WINDOW_SECONDS = 60.0
"""Virtual time by which a job with its models at hand may go before one without."""
MOST_PASSED = 4
"""How often others may go before a job for that reason."""
PATIENCE_SECONDS = 20.0
"""How long a worker goes on with other jobs before it empties its hands for one that has to be alone."""
AFTER_AWAY_SECONDS = 1.5
"""How long nothing is taken after Redis was away: others renew their leases first."""


class Picker:
    """Asks for jobs while there is a free slot."""

    def __init__(
        self, client: QueueClient, lanes: Lanes, slots: Slots, card: Callable[[], WorkerCard]
    ) -> None:
        """`card` is what the worker is able to do at the moment, which decides its lanes."""
        self._client = client
        self._lanes = lanes
        self._slots = slots
        self._card = card
        self._needs: dict[str, Needs | None] = {}

    async def run(self) -> None:
        """Until it is cancelled, also when Redis comes and goes."""
        while True:
            self._slots.freed.clear()
            try:
                while self._slots.free and await self._take():
                    pass
            except RedisAway:
                log.warning("no jobs are taken: Redis is away")
                await asyncio.sleep(AFTER_AWAY_SECONDS)
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._slots.freed.wait()
            except TimeoutError:
                pass

    async def _take(self) -> bool:
        card = self._card()
        if card.mode != "serving":
            return False
        open_lanes = await self._client.redis.hgetall(keys.LANES)  # type: ignore[misc]
        able = self._able(card, open_lanes)
        if not able:
            return False
        picked = await self._client.store.run(
            "pick",
            [
                card.name,
                json.dumps([{"name": lane, "loaded": loaded} for lane, loaded in able]),
                int(CLAIM_SECONDS * 1000),
                int(WINDOW_SECONDS * 1000),
                MOST_PASSED,
                self._slots.busy,
                int(PATIENCE_SECONDS * 1000),
            ],
        )
        if not picked:
            return False
        lane, job, how = (part.decode() for part in picked)
        return job not in self._slots and await self._begin(lane, job, how == "alone")

    async def _begin(self, lane: str, job: str, alone: bool) -> bool:
        worker = self._lanes.worker(lane)
        await worker.start_jobs([job.encode()])
        task = worker.tasks.get(job)
        if task is None:  # another worker was faster
            return False
        self._slots.take(job, alone)
        task.add_done_callback(lambda _: self._slots.left(job))
        return True

    def _able(self, card: WorkerCard, open_lanes: dict[bytes, bytes]) -> Sequence[tuple[str, bool]]:
        """Lanes that this worker can serve, and whether the models that they need are loaded."""
        self._needs = {
            lane: self._needs[lane] if lane in self._needs else _read(raw)
            for lane, raw in ((name.decode(), raw) for name, raw in open_lanes.items())
        }
        return [
            (lane, set(needs.models) <= set(card.loaded))
            for lane, needs in self._needs.items()
            if needs is not None and lacks(card, needs) is None
        ]


def _read(raw: bytes) -> Needs | None:
    try:
        return Needs.model_validate_json(raw)
    except ValueError:  # of a version that this worker does not know
        return None
