"""A painting that is under way in the engine: its session, looked at and ended once."""

from __future__ import annotations

import logging

from dreamqueue.errors import CannotResume
from dreamqueue.logs import about
from dreamrender import residents
from dreamrender.backend import Backend, Closeable, HasExtras, HasGlimpses, HasParts, Resumable, Session
from dreamrender.painting import Outcome, Painting
from dreamrender.types import Image

log = logging.getLogger(__name__)


class Running:
    """Holds what its session holds: models, and whatever the backend has outside."""

    def __init__(self, painting: Painting, backend: Backend, session: Session) -> None:
        self.painting = painting
        self.backend = backend
        self.session = session
        self._open = True

    def look(self) -> Image:
        """What it looks like on its way, as cheaply as the backend can tell."""
        with about(*self.painting.jobs):
            if isinstance(self.backend, HasGlimpses):
                return self.backend.glimpse(self.session)
            return self.backend.picture(self.session)

    def outcome(self, kind: str) -> Outcome:
        """What there is to keep of it now."""
        backend, session = self.backend, self.session
        with about(*self.painting.jobs):
            return Outcome(
                kind=kind,
                picture=backend.picture(session),
                step=session.step,
                score=session.score,
                seconds=self.painting.seconds,
                notes=(*self.painting.notes, *getattr(session, "notes", ())),
                extras=backend.extras(session) if isinstance(backend, HasExtras) else {},
                parts=backend.parts(session) if isinstance(backend, HasParts) else (),
                state=self._state(),
            )

    def close(self) -> None:
        """Close its session, once."""
        if self._open and isinstance(self.backend, Closeable):
            with about(*self.painting.jobs):
                try:
                    self.backend.close(self.session)
                except Exception:
                    log.exception("a session did not close")
        self._open = False

    def save_if_wanted(self) -> None:
        """Copy its session, if it is time for that; a last copy ends it."""
        painting = self.painting
        saves, seconds = painting.saves, painting.seconds
        if saves.wanted(seconds) and saves.taken(self.backend, self.session, seconds, painting.notes):
            painting.wanted = painting.wanted or "cancel"

    def begin_again(self, session: Session) -> None:
        """Another session in place of the one that was closed."""
        self.session, self._open = session, True

    def end(self, how: Outcome | Exception) -> None:
        """Let go of everything, then say how it ended."""
        self.close()
        residents.release(self.painting)
        if isinstance(how, Outcome):
            self.painting.end(how)
        else:
            self.painting.fail(how)

    def _state(self) -> bytes | None:
        """What a longer render goes on from; None where the backend keeps none, or it would be too large."""
        if not isinstance(self.backend, Resumable) or self.painting.recipe.several:
            return None
        try:
            return self.backend.save(self.session)
        except CannotResume as error:
            log.info("the state of a painting is not kept: %s", error)
            return None
