"""The seam between the engine and a device's memory: whether a painting can begin now, or waits."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Protocol

from dreamqueue.recipe import Recipe


class Room(Protocol):
    """Room for paintings."""

    def ready(self, recipe: Recipe) -> bool:
        """Whether the models that it needs are on the device."""

    def has(self, recipe: Recipe) -> bool:
        """Whether it fits beside what is under way. Raises PaintError if it would not fit alone."""

    def make(self, recipe: Recipe, by: Hashable) -> None:
        """Let idle models leave for it; the room is taken until `dreamrender.residents.release(by)`."""


class Boundless:
    """There is always room."""

    def ready(self, recipe: Recipe) -> bool:
        """Always."""
        return True

    def has(self, recipe: Recipe) -> bool:
        """Always."""
        return True

    def make(self, recipe: Recipe, by: Hashable) -> None:
        """There is."""
