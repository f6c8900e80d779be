"""A light painter for the chaos harness: grey, in small steps, resumable; broken where it is asked to be."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import torch

from dreamqueue.errors import CannotResume
from dreamqueue.recipe import Recipe
from dreamrender.backend import Inputs, Session
from dreamrender.types import Image

BROKEN = "a broken thing"
"""Words that the painter fails at."""
HUNG = "a thing that takes for ever"
"""Words at whose third step the painter never comes back."""


@dataclass
class GreySession:
    """Gets lighter with each step."""

    recipe: Recipe
    step: int = 0
    score: float | None = None


class GreyPainter:
    """Paints grey, a step in some milliseconds."""

    def __init__(self, seconds_per_step: float = 0.01) -> None:
        self.seconds_per_step = seconds_per_step
        self.troubles: deque[str] = deque()
        """What goes wrong, each in a step: "hang", "poison" (its device is lost), "starve" (of memory)."""

    def begin(self, recipe: Recipe, inputs: Inputs) -> GreySession:
        """A session at step 0; fails where the words ask for it."""
        if recipe.phrases[0].text.startswith(BROKEN):
            raise RuntimeError("broken on purpose")
        return GreySession(recipe)

    def group(self, session: Session) -> Hashable:
        """Sessions of one size share a step."""
        return session.recipe.width, session.recipe.height

    def step(self, sessions: Sequence[Session]) -> None:
        """One step of each."""
        self._suffer()
        time.sleep(self.seconds_per_step)
        for session in sessions:
            if session.recipe.phrases[0].text.startswith(HUNG) and session.step == 2:
                time.sleep(3600)
            assert isinstance(session, GreySession)
            session.step += 1
            session.score = session.step / session.recipe.steps

    def _suffer(self) -> None:
        trouble = self.troubles.popleft() if self.troubles else None
        if trouble == "hang":
            time.sleep(3600)
        if trouble == "poison":
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        if trouble == "starve":
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")

    def save(self, session: Session) -> bytes:
        """The step it is at."""
        return str(session.step).encode()

    def resume(self, recipe: Recipe, inputs: Inputs, state: bytes) -> GreySession:
        """Go on from that step."""
        try:
            return GreySession(recipe, int(state))
        except ValueError:
            raise CannotResume("its state is no number") from None

    def picture(self, session: Session) -> Image:
        """As light as it is far."""
        level = session.step / session.recipe.steps
        return torch.full((3, session.recipe.height, session.recipe.width), level)
