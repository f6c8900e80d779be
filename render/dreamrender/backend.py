"""The seam that every way to paint plugs into.

The caller owns the loop: a backend has no callback, progress bar or cancel flag.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from PIL.Image import Image as PILImage

from dreamqueue.recipe import Recipe
from dreamrender.types import Image


@dataclass(frozen=True)
class Inputs:
    """The pictures a recipe names, by blob key, decoded to RGB."""

    pictures: Mapping[str, PILImage] = field(default_factory=dict)


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
class Steerable(Backend, Protocol):
    """A backend whose sessions can take a turn on their way."""

    def steer(self, session: Session, recipe: Recipe) -> None:
        """Go on by this recipe, which has other phrases, more steps or both (see `dreamqueue.turns`).

        Painted from the start, that recipe gives the same picture.
        """


@runtime_checkable
class HasExtras(Protocol):
    """A backend with more to hand over than the picture, such as the drawing as vectors."""

    def extras(self, session: Session) -> Mapping[str, bytes]:
        """Files that belong beside the picture as it is now, by suffix without a dot: `{"svg": …}`."""
