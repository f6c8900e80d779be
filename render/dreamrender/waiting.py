"""Paintings that wait in the engine, and which of them is next.

Each is painted in its turn, but one whose models are on the device goes before one whose models would have to
be loaded, and one that fits beside what is under way before one that does not: members who alternate two
models would otherwise have them loaded for every job. Nobody is passed over more than `MOST_PASSED` times.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dreamrender.painting import Painting
from dreamrender.poisoned import poisoned
from dreamrender.room import Room

MOST_PASSED = 4
"""Times that others may go before a painting which came earlier."""


@dataclass
class _Place:
    painting: Painting
    passed: int = 0


class Waiting:
    """They wait in the order they came."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._places: list[_Place] = []

    def __len__(self) -> int:
        return len(self._places)

    def add(self, painting: Painting) -> None:
        """Somebody comes."""
        self._places.append(_Place(painting))

    def next(self, alone: bool) -> Painting | None:
        """Who begins now; None if nobody can beside what is under way. It waits no longer.

        `alone`: nothing is under way, so that nobody has to wait for room. One for which there will never be
        room is told so, and one that was cancelled is forgotten.
        """
        self._places = [place for place in self._places if not place.painting.over]
        while self._places:
            chosen = self._chosen(alone)
            if chosen is None:
                return None
            before = self._places.index(chosen)
            for place in self._places[:before]:
                place.passed += 1
            self._places.remove(chosen)
            if chosen.painting.claim():
                return chosen.painting
        return None

    def here(self) -> list[Painting]:
        """Everybody who waits."""
        return [place.painting for place in self._places]

    def all(self) -> list[Painting]:
        """Everybody, in the order they came; none waits any longer."""
        left, self._places = [place.painting for place in self._places], []
        return left

    def _chosen(self, alone: bool) -> _Place | None:
        patient: list[_Place] = []
        ordered = sorted(self._open(), key=lambda place: not self._room.ready(place.painting.recipe))
        for place in ordered:
            try:
                if self._room.has(place.painting.recipe):
                    return place
            except Exception as error:
                if poisoned(error):
                    raise
                self._refuse(place, error)
                continue
            patient.append(place)
        return patient[0] if alone and patient else None

    def _open(self) -> Sequence[_Place]:
        """Those who may be next: up to the first that was passed over often enough."""
        worn = [number for number, place in enumerate(self._places) if place.passed >= MOST_PASSED]
        return self._places[: worn[0] + 1] if worn else self._places

    def _refuse(self, place: _Place, error: Exception) -> None:
        self._places.remove(place)
        if place.painting.claim():
            place.painting.fail(error)
