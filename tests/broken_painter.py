"""A painter that goes wrong in the way that the prompt says, at its third step."""

from __future__ import annotations

import threading
from collections.abc import Hashable, Sequence

import torch
from tests.fakes import GreyBackend, GreySession

from dreamqueue.recipe import Recipe
from dreamrender.backend import Inputs

LOST = "CUDA error: an illegal memory access was encountered"


class BrokenPainter(GreyBackend):
    """`hang` never ends its step, `hang at once` its beginning; `curse` loses the device; `crack` breaks us.

    `stuck` lets go of what hangs. Once the device is lost nobody makes a step on it.
    """

    def __init__(self, seconds_per_step: float = 0.0) -> None:
        super().__init__(seconds_per_step)
        self.stuck = threading.Event()
        self.hangs = threading.Event()
        """Set once something hangs."""
        self.lost = False

    def begin(self, recipe: Recipe, inputs: Inputs) -> GreySession:
        if recipe.phrases[0].text == "hang at once":
            self._hang()
        return super().begin(recipe, inputs)

    def group(self, session: GreySession) -> Hashable:
        if self._now("crack", session):
            raise LookupError("a crack in the engine")
        return super().group(session)

    def step(self, sessions: Sequence[GreySession]) -> None:
        for session in sessions:
            if self._now("hang", session):
                self._hang()
            self.lost = self.lost or self._now("curse", session)
        if self.lost:
            raise torch.AcceleratorError(LOST)
        super().step(sessions)

    def _now(self, what: str, session: GreySession) -> bool:
        return session.recipe.phrases[0].text == what and session.step == 2

    def _hang(self) -> None:
        self.hangs.set()
        self.stuck.wait()
