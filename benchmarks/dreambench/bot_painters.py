"""Painters that hold many jobs at once and only tell frames: what the bot hears of a house full of GPUs."""

from __future__ import annotations

import asyncio
import time

from dreamqueue import keys, workers
from dreamqueue.client import QueueClient
from dreamqueue.events import Frame
from dreamqueue.job import Job

NAME = "scripted"
STEPS = 10_000
"""Of a painting as frames tell it: none comes to its end."""


class Painters:
    """Stand where render workers stand: same keys, same scripts, no painting."""

    def __init__(self, queue: QueueClient, frame: bytes) -> None:
        self.queue = queue
        self.frame = frame
        self.jobs: list[tuple[Job, str]] = []
        """With the try that holds each."""
        self._card = workers.WorkerCard(name=NAME, backends=("pixels",), device="cpu", slots=1)

    async def wake(self) -> None:
        """Say that they are awake."""
        await workers.show(self.queue.redis, self._card)

    async def take(self, number: int, within: float) -> None:
        """Begin this many jobs, as they come in."""
        async with asyncio.timeout(within):
            while len(self.jobs) < number:
                for raw in await self.queue.redis.zrange(keys.WAITING, 0, -1):
                    await self._begin(raw.decode())
                await asyncio.sleep(0.05)

    async def paint(self) -> None:
        """Tell a frame of each job every second, evenly over it, until cancelled."""
        step = 0
        while True:
            step += 1
            began = time.monotonic()
            await self.wake()
            for number, (job, holder) in enumerate(self.jobs):
                due = began + number / len(self.jobs)
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                if step % 10 == 1:
                    await self.queue.store.renew(job.id, holder, 60)
                frame = Frame(
                    job=job.id, step=step, steps=STEPS, score=0.25, seconds=float(step), image=self.frame
                )
                await self.queue.store.put_frame(frame)
            await asyncio.sleep(max(0.0, began + 1.0 - time.monotonic()))

    async def _begin(self, job_id: str) -> None:
        if any(job.id == job_id for job, _ in self.jobs):
            return
        begun = await self.queue.store.begin(job_id, NAME)
        if begun.verdict == "go" and begun.holder:
            await self.queue.store.renew(job_id, begun.holder, 60)
            self.jobs.append(((await self.queue.store.record(job_id)).job, begun.holder))
