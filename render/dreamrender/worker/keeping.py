"""What a painting leaves behind: picture, animation, other forms, parts, its state; as files in the store."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping

from dreamqueue.errors import AlbumAway, PaintError
from dreamqueue.job import Finished, KeptPart, Leavings, Stopped
from dreamqueue.png import png_bytes
from dreamqueue.sights import together
from dreamqueue.store import JobStore, RedisAway
from dreamqueue.writable import endable, full
from dreamrender.backend import Part
from dreamrender.painting import Outcome
from dreamrender.picture import animation_bytes, result, to_pil
from dreamrender.sheet import CELLS
from dreamrender.worker.under_way import UnderWay

log = logging.getLogger(__name__)


FULL_SECONDS = 60.0
"""How long a picture waits for room in a full store before its job ends without it."""

NO_ROOM = "It was painted, and there is no room to keep the picture: the store is full."
NOT_KEPT = (
    "It was painted, and the picture could not be kept: the place for pictures does not take it. "
    "Whoever runs this finds the reason in the worker's log."
)


class Keeper:
    """Stores what is painted, and waits where Redis is away: nothing that is done is lost.

    Where there is no room for it, it waits for `full_seconds`, then raises PaintError.
    """

    def __init__(self, store: JobStore, largest_state: int, full_seconds: float = FULL_SECONDS) -> None:
        self.store = store
        self.largest_state = largest_state
        """Bytes of a painter's state that are kept at most."""
        self.full_seconds = full_seconds

    async def ended(self, under_way: UnderWay, outcome: Outcome) -> Finished | Stopped:
        """The end of a painting that left a picture, everything stored that it names, and looked at.

        Raises PaintError also if it could not be looked at.
        """
        assert outcome.picture is not None
        job, painting = under_way.job, under_way.painting
        last = to_pil(outcome.picture)
        last.info[CELLS] = outcome.cells
        whole = await asyncio.to_thread(under_way.look_at, [*painting.kept, last])
        parts = tuple([await self._keep_part(under_way, part) for part in outcome.parts])
        picture = await asyncio.to_thread(result, last, painting.recipe, job.upload_limit)
        room = job.upload_limit - len(picture.data)
        animation = await asyncio.to_thread(animation_bytes, [*painting.kept, last], room)
        left = Leavings(
            picture=await self._patiently(picture.data),
            animation=await self._if_there_is_room(animation) if animation else None,
            score=outcome.score,
            seconds=outcome.seconds,
            notes=(*outcome.notes, *under_way.notes, *([picture.note] if picture.note else ())),
            extras=await self._kept(outcome.extras),
            parts=parts,
            state=await self._kept_state(outcome.state),
            seen=together([whole, *(part.seen for part in parts)]),
        )
        if outcome.kind == "stopped":
            return Stopped(by=under_way.whoever, step=outcome.step, **dict(left))
        return Finished(**dict(left))

    async def _keep_part(self, under_way: UnderWay, part: Part) -> KeptPart:
        drawn = to_pil(part.picture)
        seen = await asyncio.to_thread(under_way.looker.look, [drawn])
        picture = await asyncio.to_thread(png_bytes, drawn, part.recipe)
        return KeptPart(
            label=part.label,
            picture=await self._patiently(picture),
            recipe=part.recipe,
            step=part.step,
            score=part.score,
            extras=await self._kept(part.extras),
            seen=seen,
        )

    async def _kept(self, files: Mapping[str, bytes]) -> dict[str, str]:
        return {suffix: await self._patiently(data) for suffix, data in files.items()}

    async def _kept_state(self, state: bytes | None) -> str | None:
        if state is None or len(state) > self.largest_state:
            return None
        return await self._if_there_is_room(state)

    async def _if_there_is_room(self, data: bytes) -> str | None:
        try:
            return await self._patiently(data, 0)
        except PaintError:
            return None

    async def _patiently(self, data: bytes, seconds: float | None = None) -> str:
        allowed = self.full_seconds if seconds is None else seconds
        full_since: float | None = None
        while True:
            try:
                return await self.store.keep(data)
            except RedisAway as error:
                if endable(error):
                    full_since = full_since or time.monotonic()
                    if time.monotonic() - full_since >= allowed:
                        log.error("a picture could not be kept: %s", _cause(error))
                        raise PaintError(NO_ROOM if _full(error) else NOT_KEPT) from error
                log.warning("a picture waits until it is taken: %s", _cause(error))
                await asyncio.sleep(min(1.0, self.full_seconds / 4))


def _cause(error: BaseException) -> object:
    """What whoever runs it should know."""
    return error.why if isinstance(error, AlbumAway) else error


def _full(error: BaseException) -> bool:
    return error.full if isinstance(error, AlbumAway) else full(error)
