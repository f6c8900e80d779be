"""The real queue under a virtual clock: what the client, the workers' picker and their painter ask of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from arq.connections import ArqRedis
from pydantic import SecretStr

from dreambench.evening_world import Asks, Machine
from dreamconfig.settings import QueueSettings
from dreamqueue import keys, workers
from dreamqueue.client import QueueClient
from dreamqueue.errors import QueueFull
from dreamqueue.job import Finished, Owner
from dreamqueue.needs import Needs, lacks
from dreamqueue.outlook import Outlook, look
from dreamqueue.store import JobStore
from dreamqueue.workers import WorkerCard

BEGAN = 1_800_000_000.0
"""When the evening begins, Unix seconds."""
MOST_WAITING = 30
"""Jobs of one member."""


@dataclass(frozen=True)
class Held:
    """A job that a machine has begun."""

    job: str
    holder: str
    cost: float
    """Estimated seconds."""


@dataclass
class VirtualQueue:
    """On an empty Valkey."""

    client: QueueClient
    now: float = 0.0
    """Seconds of the evening."""
    _lanes: dict[bytes, Needs] = field(default_factory=dict)

    @classmethod
    def on(cls, url: str) -> VirtualQueue:
        """With a connection of its own."""
        settings = QueueSettings(redis_url=SecretStr(url), max_waiting_per_member=MOST_WAITING)
        queue = cls(QueueClient(ArqRedis.from_url(url), settings))
        queue.client.store = JobStore(queue.client.redis, clock=lambda: queue.unix)
        return queue

    @property
    def unix(self) -> float:
        """The virtual time, Unix seconds."""
        return BEGAN + self.now

    async def submit(self, asks: Asks) -> str | None:
        """A job's id; None if too many wait."""
        habit, owner = asks.habit, Owner(id=asks.member, name=asks.member)
        try:
            job = await self.client.submit(asks.recipe, owner, band=habit.band, weight=habit.weight)
        except QueueFull:
            return None
        return job.id

    async def pick(self, card: WorkerCard) -> Held | None:
        """What a worker begins now."""
        for lane, raw in (await self.client.redis.hgetall(keys.LANES)).items():  # type: ignore[misc]
            self._lanes.setdefault(lane, Needs.model_validate_json(raw))
        able = [
            {"name": lane.decode(), "loaded": False}
            for lane, needs in self._lanes.items()
            if lacks(card, needs) is None
        ]
        picked = await self.client.store.run(
            "pick", [card.name, json.dumps(able), 60_000, 60_000, 4, 0, 20_000]
        )
        if not picked:
            return None
        job = picked[1].decode()
        await self.client.redis.set(keys.lease(job), b"1")
        begun = await self.client.store.begin(job, card.name)
        cost = await self.client.redis.hget(keys.record(job), "cost")  # type: ignore[misc]
        return Held(job, begun.holder, float(cost) / 1000)

    async def finish(self, held: Held, took: float) -> None:
        """It is painted."""
        await self.client.store.finish(held.job, Finished(picture="a picture"), held.holder, took)

    async def cancel(self, job: str, asks: Asks) -> None:
        """Its owner gives up waiting."""
        await self.client.cancel(job, Owner(id=asks.member, name=asks.member))

    async def show(self, cards: Sequence[WorkerCard]) -> None:
        """The workers are awake."""
        for card in cards:
            await workers.show(self.client.redis, card)

    async def look(self, cards: Sequence[WorkerCard], progress: Iterable[tuple[str, float]]) -> Outlook:
        """What everybody is told now; `progress` of each job that is being painted, in [0, 1]."""
        await self.show(cards)
        moment = int(self.unix * 1000)
        async with self.client.redis.pipeline(transaction=True) as pipe:
            for job, done in progress:
                if done > 0:
                    head = json.dumps({"step": round(done * 1000), "steps": 1000})
                    pipe.delete(keys.frame(job))
                    pipe.xadd(keys.frame(job), {"head": head}, id=f"{moment}-0")
            await pipe.execute()
        return await look(self.client.store)


def card_of(machine: Machine, pace: float) -> WorkerCard:
    """What it says of itself."""
    return WorkerCard(
        name=machine.name, backends=machine.backends, device="cuda", slots=machine.slots, pace=pace
    )
