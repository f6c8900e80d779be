"""A painting that is under way in the engine: its session, looked at and ended once."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence

from dreamqueue.errors import CannotResume
from dreamqueue.logs import about
from dreamrender import residents
from dreamrender.backend import (
    Backend,
    Chosen,
    Closeable,
    HasChoice,
    HasExtras,
    HasGlimpses,
    HasParts,
    Part,
    Resumable,
    Session,
)
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
        self._chosen: Chosen | None = None
        """What its session has come from, where it is the one of several that somebody chose."""

    def settle(self) -> None:
        """Go on with one picture alone, if it was several and one was chosen."""
        if isinstance(self.backend, HasChoice) and (chosen := self.backend.chosen(self.session)) is not None:
            self.backend, self.session, self._chosen = chosen.backend, chosen.session, chosen
            self.painting.settle(chosen.session.recipe, chosen.note)

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
            picture = backend.picture(session)
            own = backend.extras(session) if isinstance(backend, HasExtras) else {}
            return Outcome(
                kind=kind,
                picture=picture,
                step=session.step,
                score=session.score,
                seconds=self.painting.seconds,
                notes=(*self.painting.notes, *getattr(session, "notes", ())),
                extras={**own, **(self._chosen.extras if self._chosen else {})},
                parts=self._parts(picture, own),
                state=self._state(),
                cells=getattr(session, "cells", ()),
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

    def _parts(self, picture: Image, extras: Mapping[str, bytes]) -> Sequence[Part]:
        if isinstance(self.backend, HasParts):
            return self.backend.parts(self.session)
        if (chosen := self._chosen) is None:
            return ()
        session = self.session
        own = Part(chosen.label, session.recipe, picture, session.step, session.score, extras)
        before = chosen.number - 1
        return (*chosen.others[:before], own, *chosen.others[before:])

    def _state(self) -> bytes | None:
        """What a longer render goes on from; None where the backend keeps none, or it would be too large."""
        if not isinstance(self.backend, Resumable) or self.painting.recipe.several:
            return None
        try:
            return self.backend.save(self.session)
        except CannotResume as error:
            log.info("the state of a painting is not kept: %s", error)
            return None
