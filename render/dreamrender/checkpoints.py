"""Saving a session on its way, so that another worker can go on from there.

The engine's thread only copies a session (`taken`); making bytes of the copy, and putting them away, is for
whoever follows the painting (`Saves.next`). Until that is done it is not copied again, so that a slow album
holds up nothing and fills no memory.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from PIL.Image import Image as PILImage

from dreamqueue.errors import CannotResume
from dreamqueue.recipe import Recipe
from dreamrender.backend import Backend, HasSnapshots, Resumable, Session

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Before:
    """What of a painting was made before it was taken up here."""

    seconds: float = 0.0
    """Time that its steps took."""
    frames: Mapping[int, PILImage] = field(default_factory=dict)
    """Earlier frames by step, for the animation."""
    notes: tuple[str, ...] = ()
    """What the member should know of it."""


@dataclass(frozen=True)
class Saved:
    """A session between two steps."""

    packed: Callable[[], bytes]
    """Makes bytes of it, in any thread; raises CannotResume if there would be too many."""
    step: int
    seconds: float
    """Time that the painting had taken until then."""
    recipe: Recipe
    """What it was painted by."""
    notes: tuple[str, ...] = ()
    last: bool = False
    """Nothing follows: it was asked for."""


class Saves:
    """When one painting is saved, and the save that waits to be put away.

    `every` seconds of painting; 0: only when asked. `soon`, `wanted`, `taken` and `close` are for the
    engine's thread, all else for the event loop.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, every: float, seconds: float = 0.0) -> None:
        self._loop = loop
        self._every = every
        self._at = seconds
        self._free = False
        self._asked = self._soon = False
        self._newest: Saved | None = None
        self._over = False
        self._arrived = asyncio.Event()

    async def next(self) -> Saved | None:
        """The next save, as soon as there is one; None if none will follow."""
        self._free = True
        await self._arrived.wait()
        self._arrived.clear()
        saved, self._newest = self._newest, None
        if saved is None or saved.last:
            self._over = True
            self._arrived.set()
        return saved

    def ask(self) -> None:
        """Save it before the next step, and end it there: nothing shall be painted that is not saved."""
        self._asked = True

    def soon(self) -> None:
        """What was saved before is of no use any more: save it before the next step, if it is ever saved."""
        self._soon = True

    def give_up(self) -> None:
        """Save it no more."""
        self._over = True

    def wanted(self, seconds: float) -> bool:
        """Whether it is to be saved now that it has been painted for so long."""
        late = self._soon or not 0 <= seconds - self._at < self._every
        due = self._free and self._every > 0 and late
        return not self._over and (self._asked or due)

    def taken(self, backend: Backend, session: Session, seconds: float, notes: tuple[str, ...]) -> bool:
        """Copy the session; True if that was asked for, and the painting is to end. One that cannot be saved
        is not tried again.
        """
        self._at, self._free, self._soon = seconds, False, False
        last, self._asked = self._asked, False
        try:
            pack = _packing(backend, session)
        except CannotResume as error:
            log.info("a painting is not saved on its way: %s", error)
        except Exception:
            log.exception("a painting could not be saved on its way")
        else:
            self._deliver(Saved(pack, session.step, seconds, session.recipe, notes, last))
            return last
        self.close()
        return last

    def close(self) -> None:
        """Nothing follows: the painting is over, or cannot be saved."""
        self._deliver(None)

    def _deliver(self, saved: Saved | None) -> None:
        def deliver() -> None:
            waits = self._newest is not None and self._newest.last
            if not self._over and not waits:
                self._newest = saved
                self._over = saved is None
                self._arrived.set()

        self._loop.call_soon_threadsafe(deliver)


def _packing(backend: Backend, session: Session) -> Callable[[], bytes]:
    if not isinstance(backend, Resumable):
        raise CannotResume(f"`{session.recipe.backend}` begins anew each time")
    if isinstance(backend, HasSnapshots):
        return backend.snapshot(session)
    state = backend.save(session)
    return lambda: state
