"""The session of several pictures, each a session of its own backend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL.Image import Image as PILImage

from dreamqueue.choosing import alone
from dreamqueue.grid import Cell, cells
from dreamqueue.recipe import Recipe
from dreamrender.backend import Part, Session
from dreamrender.types import Cells


@dataclass(frozen=True)
class Member:
    """One of the pictures."""

    number: int
    """From 1, in the order in which they were begun."""
    label: str
    session: Session


class SeveralSession:
    """Pictures that are painted together, all as far as each other: `step` counts the steps of each."""

    def __init__(self, recipe: Recipe, members: Sequence[Member], legend: str = "") -> None:
        self.recipe = recipe
        self.running = [*members]
        """Those that go on, in the order of their numbers."""
        self.left: dict[int, Part] = {}
        """What the others had come to when they were left behind, by number."""
        self.step = 0
        self.ranking: PILImage | None = None
        """The sheet of all candidates in the order of their scores, once they are ranked."""
        self.pick: int | None = None
        """The number of the candidate that somebody has chosen to go on."""
        self.settled: Member | None = None
        """The one that goes on by somebody's choice, once the others are left behind."""
        self.cells: Cells = ()
        """Where the pictures lie on the sheet that was drawn last; none if it was none, or is not known."""
        self.legend = legend
        """What the sheet shows, in words, where it should be said."""

    @property
    def score(self) -> float | None:
        """The best candidate's score, or the mean of a grid's pictures; None if none has one."""
        scores = [score for member in self.running if (score := member.session.score) is not None]
        if not scores:
            return None
        return max(scores) if self.recipe.candidates > 1 else sum(scores) / len(scores)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the member should know, each thing once."""
        found = [note for member in self.running for note in getattr(member.session, "notes", ())]
        return (*([self.legend] if self.legend else ()), *dict.fromkeys(found))


def asked(recipe: Recipe) -> tuple[Cell, ...]:
    """The pictures that a recipe asks for, each with the recipe that paints it alone. Raises BadValue."""
    if recipe.candidates == 1:
        return cells(recipe)
    ones = (alone(recipe, number) for number in range(1, recipe.candidates + 1))
    return tuple(Cell(f"seed {one.seed}", one) for one in ones)


def ranked(members: Sequence[Member]) -> list[Member]:
    """By score, the highest first; those without one come last, and equals stay in their order."""
    return sorted(members, key=lambda member: -_standing(member.session.score))


def _standing(score: float | None) -> float:
    return -math.inf if score is None or math.isnan(score) else score
