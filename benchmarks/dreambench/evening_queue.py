"""The real queue under a virtual clock: admission, begin and end by the product's scripts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from redis.asyncio import Redis

from dreambench.evening_world import Asks
from dreamconfig.catalogue import backends
from dreamqueue import keys
from dreamqueue.forecast import Waits
from dreamqueue.job import Cancelled, Finished, Job, Owner, new_job_id
from dreamqueue.places import estimate
from dreamqueue.store import JobStore, MAX_TRIES

BEGAN = 1_800_000_000.0
"""When the evening begins, Unix seconds."""


@dataclass(frozen=True)
class Held:
    """A job that was begun."""

    job: Job
    tries: int
    cost: float


class VirtualQueue:
    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.store = JobStore(redis)
        self.history = []
        self.jobs: dict[str, Job] = {}

    def unix(self, now: float) -> float:
        return BEGAN + now

    def lanes(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset(f"{name}" for name in names)

    async def admit(self, asks: Asks, now: float) -> str | None:
        recipe = asks.recipe
        job = Job(id=new_job_id(), recipe=recipe, owner=Owner(id=asks.member, name=asks.member),
            typed="", lane=recipe.backend, created=self.unix(now), cost=await estimate(self.store, recipe), upload_limit=1)
        verdict, score = await self.store.run("admit", [keys.record(job.id), keys.OPEN, "w", "fair",
            keys.member(job.owner.id), "p", keys.UNSHOWN],
            [job.id, job.model_dump_json(), job.created, job.owner.id, round(job.cost*1000), asks.habit.weight, asks.habit.band,
             500, 30, 0, ""])
        if verdict != b"ok":
            return None
        v = float(await self.redis.hget("fair", "now"))
        band = (asks.habit.band + 1) * 1e10
        self.history.append((now, band, float(score) - band - v, job.lane, job.cost))
        self.jobs[job.id] = job
        return job.id

    async def pick(self, worker: str, lanes: frozenset[str], now: float) -> Held | None:
        for name in await self.redis.zrange("w", 0, -1):
            job = self.jobs[name.decode()]
            if job.lane in lanes:
                verdict, tries = await self.store.run("begin", [keys.record(job.id), "w", "fair", keys.member(job.owner.id), "p", keys.NEWS],
                    [job.id, worker, self.unix(now), MAX_TRIES])
                assert verdict == b"go"
                cost = float(await self.redis.hget(keys.record(job.id), "cost")) / 1000
                return Held(job, int(tries), cost)
        return None

    async def _end(self, job: Job, ending, tries=""):
        await self.store.run("finish", [keys.record(job.id), keys.OPEN, "w", keys.member(job.owner.id), "p", keys.NEWS, keys.frame(job.id)],
            [job.id, ending.model_dump_json(), "{}", 10_000_000, tries])

    async def finish(self, held: Held) -> None:
        await self._end(held.job, Finished(picture="x"), held.tries)

    async def cancel(self, job: str) -> None:
        await self._end(self.jobs[job], Cancelled(by=self.jobs[job].owner))

    async def waiting(self) -> list[Waits]:
        found = await self.redis.zrange("w", 0, -1, withscores=True)
        async with self.redis.pipeline(transaction=False) as pipe:
            for name, _ in found:
                pipe.hget(keys.record(name.decode()), "cost")
            costs = await pipe.execute()
        return [Waits(name.decode(), score, self.jobs[name.decode()].lane, float(cost)/1000) for (name, score), cost in zip(found, costs, strict=True)]
