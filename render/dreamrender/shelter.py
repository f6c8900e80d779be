"""Main memory, where models go that leave a GPU, so that coming back is a move and not a load."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from dreamrender.memory import free_here
from dreamrender.out_of_memory import let_go
from dreamrender.resident import Movable, Resident

log = logging.getLogger(__name__)

LEFT_ALONE = 2e9
"""Bytes of main memory that stay free."""


@dataclass(frozen=True)
class Shelter:
    """Where models retire to. `spare` gives the bytes that are free there, or None where nobody knows."""

    device: str = "cpu"
    spare: Callable[[], float | None] = free_here

    def making_way(self, weight: float, retired: Iterable[Resident]) -> Sequence[Resident] | None:
        """Who has to leave for so many bytes, the one taken longest ago first; None if that would not do."""
        spare = self.spare()
        if spare is None:
            return None
        room, leaving = spare - LEFT_ALONE, []
        for one in sorted(retired, key=lambda one: one.used):
            if room >= weight:
                break
            room += one.weight
            leaving.append(one)
        return leaving if room >= weight else None

    def take_in(self, one: Resident) -> bool:
        """Move a model here; False, and it is as good as gone, if that cannot be done."""
        if not isinstance(one.model, Movable):
            return False
        try:
            one.model = one.model.to(self.device)
        except Exception as error:
            log.warning("%s could not be kept in main memory: %s", one.name, error)
            let_go(error)
            return False
        return True

    def give_back(self, one: Resident, device: str) -> object:
        """The model on its own device again; if that fails it stays here whole, or is gone."""
        assert isinstance(one.model, Movable)
        try:
            return one.model.to(device)
        except Exception:
            if not self.take_in(one):
                one.model = None
            raise
