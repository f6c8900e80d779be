"""Fakes that really work: a backend that paints grey in no time, and recipes for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import torch

from dreamqueue.recipe import Phrase, Recipe
from dreamrender.backend import Inputs
from dreamrender.types import Image


@dataclass
class GreySession:
    """Gets lighter with each step."""

    recipe: Recipe
    step: int = 0
    score: float | None = None


class GreyBackend:
    """Paints grey. A test can hold it by `gate`; `batches` says how many sessions each step had."""

    def __init__(self, seconds_per_step: float = 0.0) -> None:
        self.seconds_per_step = seconds_per_step
        self.gate = threading.Event()
        self.gate.set()
        self.batches: list[int] = []

    def begin(self, recipe: Recipe, inputs: Inputs) -> GreySession:
        if recipe.phrases[0].text == "a broken thing":
            raise RuntimeError("broken on purpose")
        return GreySession(recipe)

    def group(self, session: GreySession) -> Hashable:
        return session.recipe.width, session.recipe.height

    def step(self, sessions: Sequence[GreySession]) -> None:
        self.gate.wait()
        time.sleep(self.seconds_per_step)
        self.batches.append(len(sessions))
        for session in sessions:
            session.step += 1
            session.score = session.step / session.recipe.steps

    def steer(self, session: GreySession, recipe: Recipe) -> None:
        session.recipe = recipe

    def save(self, session: GreySession) -> bytes:
        return str(session.step).encode()

    def resume(self, recipe: Recipe, inputs: Inputs, state: bytes) -> GreySession:
        return GreySession(recipe, int(state))

    def picture(self, session: GreySession) -> Image:
        level = session.step / session.recipe.steps
        return torch.full((3, session.recipe.height, session.recipe.width), level)


def grey_recipe(text: str = "a hut", steps: int = 8, **changes: object) -> Recipe:
    """A small recipe."""
    return Recipe.model_validate(
        {"phrases": (Phrase(text=text),), "steps": steps, "width": 32, "height": 32, "seed": 7, **changes}
    )
