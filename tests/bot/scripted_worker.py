"""A worker that does what the test says, step by step, on the real queue. It paints plain colours."""

from __future__ import annotations

import asyncio
import io

from PIL import Image

from dreamqueue import checkpoints, keys, workers
from dreamqueue.client import QueueClient
from dreamqueue.events import ORDER, Cancel, Frame, Stop
from dreamqueue.job import Checkpoint, Ending, Finished, Job
from dreamqueue.sights import Sights


def picture(colour: str, kind: str = "PNG", side: int = 32) -> bytes:
    """An encoded square."""
    out = io.BytesIO()
    Image.new("RGB", (side, side), colour).save(out, kind)
    return out.getvalue()


class ScriptedWorker:
    """Stands where a render worker stands: same keys, same scripts, no painting."""

    def __init__(self, client: QueueClient, name: str = "scripted") -> None:
        self.client = client
        self.store = client.store
        self.name = name
        self.holder: str | None = None

    async def wake(self, *backends: str, slots: int = 1, collections: tuple[str, ...] = ()) -> None:
        """Say that it is awake, what it can paint and what pictures it has."""
        card = workers.WorkerCard(
            name=self.name,
            backends=backends or ("pixels",),
            device="cpu",
            slots=slots,
            collections=collections,
        )
        await workers.show(self.client.redis, card)

    async def leave(self) -> None:
        """Say that it goes."""
        await workers.leave(self.client.redis, self.name)

    async def next_job(self) -> Job:
        """The job whose turn it is; waits for one."""
        while True:
            waiting = await self.client.redis.zrange(keys.WAITING, 0, 0)
            if waiting:
                return (await self.store.record(waiting[0].decode())).job
            await asyncio.sleep(0.005)

    async def begin(self, job: Job) -> None:
        """Begin a job, or begin it again."""
        begun = await self.store.begin(job.id, self.name)
        assert begun.verdict == "go", begun
        self.holder = begun.holder
        assert await self.store.renew(job.id, begun.holder, 60)

    async def save(self, job: Job, step: int) -> None:
        """Lay down a checkpoint of a job."""

        async def note(checkpoint: Checkpoint) -> bool:
            return await self.store.note(job.id, self.holder or "", checkpoint=checkpoint.model_dump_json())

        facts = {"step": step, "seconds": float(step)}
        assert await checkpoints.lay_down(self.store, job.id, b"state", facts, note, None)

    async def paint(self, job: Job, step: int, colour: str = "grey", seen: Sights = None) -> None:
        """Show a frame."""
        frame = Frame(
            job=job.id,
            step=step,
            steps=job.recipe.steps,
            score=0.25,
            seconds=float(step),
            image=picture(colour, "JPEG"),
            seen=seen,
        )
        await self.store.put_frame(frame)

    async def finish(
        self,
        job: Job,
        colour: str = "white",
        animation: bytes | None = None,
        seen: Sights = None,
        **extras: bytes,
    ) -> bytes:
        """End a job with a picture; returns it."""
        data = picture(colour)
        ending = Finished(
            picture=await self.store.keep(data),
            animation=await self.store.keep(animation) if animation else None,
            score=0.31,
            seconds=41.0,
            seen=seen,
            extras={kind: await self.store.keep(extra) for kind, extra in extras.items()},
        )
        await self.end(job, ending)
        return data

    async def end(self, job: Job, ending: Ending) -> None:
        """End a job somehow."""
        assert await self.store.finish(job.id, ending, self.holder)

    async def order(self, job: Job) -> Cancel | Stop:
        """What somebody wants done to a job; waits for it."""
        while True:
            raw = await self.client.redis.hget(keys.record(job.id), "order")  # type: ignore[misc]
            if raw is not None:
                return ORDER.validate_json(raw)
            await asyncio.sleep(0.005)
