"""Checkpoints of the jobs that a worker paints, and where a job that another had begun goes on.

`Checkpointing.last` is for a worker that goes: what it has painted until then is not painted again.
"""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
from dataclasses import dataclass, field

from PIL import Image as Pillow
from PIL.Image import Image as PILImage

from dreamqueue import checkpoints
from dreamqueue.errors import CannotResume
from dreamqueue.job import Checkpoint, Record
from dreamqueue.store import CHECKPOINT, JobStore, RedisAway
from dreamrender import metrics
from dreamrender.checkpoints import Before, Saved
from dreamrender.worker.under_way import UnderWay

log = logging.getLogger(__name__)

LAST_SECONDS = 2.5
"""Seconds that a worker which goes waits for a last checkpoint: a step, and the album."""


@dataclass(frozen=True)
class Origin:
    """From where a job is painted."""

    state: bytes | None
    """A saved session; None: from nothing."""
    before: Before = field(default_factory=Before)
    checkpoint: str | None = None
    """The name of that session in the album, where it is a checkpoint of this job."""


async def picked_up(store: JobStore, record: Record, holder: str) -> Origin | None:
    """The job's checkpoint with the frames until then; None if there is none, or none that is whole."""
    checkpoint = record.checkpoint
    if checkpoint is None:
        return None
    while True:
        try:
            state = await checkpoints.pick_up(store, record)
            if state is None:
                log.warning("job %s begins anew: its checkpoint is not there", record.job.id)
                await checkpoints.begin_anew(store, record, holder)
                return None
            frames = await _frames(store, record, checkpoint.step)
            break
        except RedisAway:
            log.warning("job %s: its checkpoint waits for the album to come back", record.job.id)
            await asyncio.sleep(1)
    log.info("job %s goes on from step %d", record.job.id, checkpoint.step)
    return Origin(state, Before(checkpoint.seconds, frames, checkpoint.notes), checkpoint.name)


class Checkpointing:
    """Puts away what the engine saves of one job while it is painted."""

    def __init__(self, under_way: UnderWay, largest: int, before: str | None) -> None:
        self._under_way = under_way
        self._largest = largest
        """Bytes of a checkpoint, at most."""
        self._name = before
        """The checkpoint that stands in the record."""
        self._saves = under_way.painting.saves
        self._task = asyncio.create_task(self._run(), name=f"checkpoints {under_way.job.id}")

    async def last(self) -> None:
        """Lay down one more checkpoint, of the painting as it is after this step, with which it ends."""
        if not self._under_way.painting.under_way:
            return
        self._saves.ask()
        try:
            async with asyncio.timeout(LAST_SECONDS):
                await asyncio.shield(self._task)
        except TimeoutError:
            log.warning("job %s: it was not saved in time", self._under_way.job.id)
            self._task.cancel()

    async def close(self) -> None:
        """The painting is over: lay down no more. One that is being laid down may come to its end."""
        await asyncio.wait({self._task}, timeout=LAST_SECONDS)
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _run(self) -> None:
        while (saved := await self._saves.next()) is not None:
            if not await self._put_away(saved):
                self._saves.give_up()
                return

    async def _put_away(self, saved: Saved) -> bool:
        """False if it need not be tried again for this job."""
        job = self._under_way.job.id
        try:
            data = await asyncio.to_thread(saved.packed)
            if len(data) > self._largest:
                raise CannotResume(f"{len(data) / 2**20:.1f} MB are more than are kept")
            facts = {
                "step": saved.step,
                "seconds": saved.seconds,
                "notes": (*saved.notes, *self._under_way.notes),
            }
            name = await checkpoints.lay_down(self._under_way.store, job, data, facts, self._note, self._name)
        except CannotResume as error:
            log.info("job %s is not saved on its way: %s", job, error)
            return False
        except RedisAway:
            log.warning("job %s: a checkpoint was not laid down, the album is away or full", job)
            return True
        except Exception:
            log.exception("job %s: a checkpoint was not laid down", job)
            return False
        if name is None:
            log.info("job %s: no checkpoint, it is another worker's by now", job)
            return False
        self._name = name
        metrics.checkpointed(self._under_way.painting.recipe.backend, len(data))
        return True

    async def _note(self, checkpoint: Checkpoint) -> bool:
        return await self._under_way.note(**{CHECKPOINT: checkpoint.model_dump_json()})


async def _frames(store: JobStore, record: Record, step: int) -> dict[int, PILImage]:
    """The earlier frames that were kept until a step, as far as they are there."""
    found = {}
    for kept, key in record.kept.items():
        if kept <= step and (data := await store.fetch(key)) is not None:
            found[kept] = await asyncio.to_thread(_opened, data)
    return found


def _opened(data: bytes) -> PILImage:
    return Pillow.open(io.BytesIO(data), formats=["PNG"]).convert("RGB")
