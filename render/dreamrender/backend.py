"""The seam that every way to paint plugs into.

The caller owns the loop: a backend has no callback, progress bar or cancel flag.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from PIL.Image import Image as PILImage

from dreamqueue.recipe import Recipe
from dreamrender.collection.shelf import PictureFolder
from dreamrender.types import Image


@dataclass(frozen=True)
class Inputs:
    """What a recipe names and does not hold."""

    pictures: Mapping[str, PILImage] = field(default_factory=dict)
    """By blob key, decoded to RGB."""
    collection: PictureFolder | None = None
    """Where the recipe's collection lies on this machine."""


class Session(Protocol):
    """One job being painted. It owns its leaves, optimiser and random generator."""

    recipe: Recipe
    step: int
    """Steps done."""

    @property
    def score(self) -> float | None:
        """Cosine similarity of the picture and its phrases; may cost a look of the critic."""


class Backend(Protocol):
    """A way to paint."""

    def begin(self, recipe: Recipe, inputs: Inputs) -> Session:
        """A session at step 0. Raises PaintError or PictureError for a recipe it cannot paint."""

    def group(self, session: Session) -> Hashable:
        """Sessions with equal groups may be given to one `step`."""

    def step(self, sessions: Sequence[Session]) -> None:
        """One step of each, batched."""

    def picture(self, session: Session) -> Image:
        """What it looks like now: RGB in [0, 1], float32, on the CPU, (3, height, width) of the recipe."""


@runtime_checkable
class Resumable(Backend, Protocol):
    """A backend whose sessions can be put away and go on elsewhere: on another worker, or in other words."""

    def save(self, session: Session) -> bytes:
        """The session between two steps, as bytes that run nothing when they are read."""

    def resume(self, recipe: Recipe, inputs: Inputs, state: bytes) -> Session:
        """The session as it was, with the same next frame; its step may not be 0.

        Raises CannotResume for a damaged state or another painting's. Phrases, steps and critic may differ
        from the saved recipe's: that is how a render takes a turn or goes on for longer.
        """


@runtime_checkable
class HasSnapshots(Protocol):
    """A resumable backend that can copy a session at once and make bytes of the copy later."""

    def snapshot(self, session: Session) -> Callable[[], bytes]:
        """What gives the bytes of `save` as the session is now, in any thread; steps go on meanwhile.

        Both raise CannotResume for a session that cannot be saved.
        """


@runtime_checkable
class Steerable(Backend, Protocol):
    """A backend whose sessions can take a turn on their way."""

    def steer(self, session: Session, recipe: Recipe) -> None:
        """Go on by this recipe, which has other phrases, more steps or both (see `dreamqueue.turns`).

        Painted from the start, that recipe gives the same picture.
        """


@runtime_checkable
class HasGlimpses(Protocol):
    """A backend that can show a session on its way at less cost than its picture."""

    def glimpse(self, session: Session) -> Image:
        """About what it looks like now, of the same size and range as `picture`; made for frames."""


@runtime_checkable
class Closeable(Protocol):
    """A backend whose sessions hold something outside, such as a thread."""

    def close(self, session: Session) -> None:
        """Let go of it. Called once for each session that was begun, however it ended; nothing follows."""


@runtime_checkable
class HasExtras(Protocol):
    """A backend with more to hand over than the picture, such as the drawing as vectors."""

    def extras(self, session: Session) -> Mapping[str, bytes]:
        """Files that belong beside the picture as it is now, by suffix without a dot: `{"svg": …}`."""


@dataclass(frozen=True)
class Part:
    """One picture of a session that paints several."""

    label: str
    """What is its own, for people."""
    recipe: Recipe
    """Paints this one alone."""
    picture: Image
    step: int
    """Steps done."""
    score: float | None = None
    extras: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Chosen:
    """One of several pictures that goes on alone, and what the others leave behind."""

    backend: Backend
    session: Session
    """Its own; its recipe paints it alone."""
    number: int
    """Which it was, from 1."""
    label: str
    note: str
    """How it came to that, in words."""
    others: Sequence[Part] = ()
    """The others as they were then, in the order of their numbers."""
    extras: Mapping[str, bytes] = field(default_factory=dict)
    """Files that belong beside its picture."""


@runtime_checkable
class HasChoice(Protocol):
    """A backend that tries several pictures, of which a member may choose one while they are tried."""

    def choose(self, session: Session, pick: int | None) -> None:
        """One goes on alone when all were tried, by its number; None: the best one does, now.

        Raises DreamError where there is nothing to choose (any more).
        """

    def chosen(self, session: Session) -> Chosen | None:
        """The one that goes on in the session's place, as soon as that is decided by a choice."""


@runtime_checkable
class HasParts(Protocol):
    """A backend whose picture shows several that can be taken one by one."""

    def parts(self, session: Session) -> Sequence[Part]:
        """All of them as they are now, in the order of their numbers."""
