"""Out of memory: sessions that cannot share a step make it alone; one too large alone is begun smaller."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import torch
from torch.optim import Optimizer

from dreamqueue.errors import CannotResume, PaintError
from dreamqueue.sizes import named, of_area
from dreamrender import residents
from dreamrender.backend import Backend, Resumable, Session
from dreamrender.out_of_memory import let_go, ran_out
from dreamrender.painting import Painting

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stepped:
    """How a shared step went."""

    errors: Sequence[Exception | None]
    """Of each session; None for those that made the step."""
    crowded: bool = False
    """Together they did not fit into memory."""


@runtime_checkable
class Drawing(Protocol):
    """A session that draws its random numbers from a generator of its own."""

    generator: torch.Generator


@runtime_checkable
class Optimising(Protocol):
    """A session that follows gradients."""

    optimiser: Optimizer


@runtime_checkable
class Rewindable(Protocol):
    """A session that a failed step leaves half way."""

    def rewinder(self) -> Callable[[], None]:
        """What brings it back to where it is now."""


def step(backend: Backend, sessions: Sequence[Session]) -> Stepped:
    """One step of each. If they cannot make it together each makes it alone, so that one harms no other."""
    if len(sessions) == 1:
        return Stepped([_tried(backend, sessions)])
    before = [_Before(session) for session in sessions]
    error = _tried(backend, sessions)
    if error is None:
        return Stepped([None] * len(sessions))
    crowded = ran_out(error)
    log.warning("%d sessions make a step alone that failed together: %s", len(sessions), error)
    let_go(error)
    alone: list[Exception | None] = []
    for session, was in zip(sessions, before, strict=True):
        alone.append(_tried(backend, [session]) if was.restored(session) else None)
    return Stepped(alone, crowded)


def begin(backend: Backend, painting: Painting) -> Session:
    """The painting's session, smaller than asked for if that does not fit; raises what the backend raises."""
    try:
        return _begun(backend, painting)
    except Exception as error:
        if not ran_out(error):
            raise
        failed = error
    return begin_smaller(backend, painting, failed)


def begin_smaller(backend: Backend, painting: Painting, error: Exception) -> Session:
    """A session with half the area, from the start, where memory ran out; raises any other error again.

    The painting's notes say so. A second time it raises PaintError.
    """
    if not ran_out(error):
        raise error
    on_gpu = isinstance(error, torch.OutOfMemoryError) or any(it in str(error) for it in ("CU", "MPS"))
    whose = "The GPU" if on_gpu else "The worker"
    let_go(error)
    residents.clear()
    recipe = painting.recipe
    smaller = of_area(recipe, recipe.width * recipe.height / 2)
    if painting.shrunk or smaller is None:
        raise PaintError(
            f"{whose} ran out of memory at {named(recipe)}{' too' if painting.shrunk else ''}. "
            "Please ask for a smaller picture or fewer critics."
        )
    log.warning("memory ran out at %s; beginning again at %s", named(recipe), named(smaller))
    painting.shrink(smaller, f"{whose} ran out of memory at {named(recipe)}, so this is {named(smaller)}.")
    return begin(backend, painting)


def _begun(backend: Backend, painting: Painting) -> Session:
    if painting.state is None:
        return backend.begin(painting.recipe, painting.inputs)
    if not isinstance(backend, Resumable):
        raise CannotResume(f"`{painting.recipe.backend}` begins anew each time")
    return backend.resume(painting.recipe, painting.inputs, painting.state)


class _Before:
    """A session before a step."""

    def __init__(self, session: Session) -> None:
        self._step = session.step
        self._random = session.generator.get_state() if isinstance(session, Drawing) else None
        self._rewind = session.rewinder() if isinstance(session, Rewindable) else None

    def restored(self, session: Session) -> bool:
        """Put back what a failed step has used up; False if the session had made the step after all."""
        if session.step != self._step:
            return False
        if isinstance(session, Drawing) and self._random is not None:
            session.generator.set_state(self._random)
        if isinstance(session, Optimising):
            session.optimiser.zero_grad(set_to_none=True)
        if self._rewind is not None:
            self._rewind()
        return True


def _tried(backend: Backend, sessions: Sequence[Session]) -> Exception | None:
    try:
        backend.step(sessions)
    except Exception as error:
        return error
    return None
