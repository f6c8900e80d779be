"""The register of a device: which models are there, who holds them, what is free."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Hashable, Sequence

from dreamrender.holding import holders
from dreamrender.resident import Resident, Row


class Register:
    """What is known of a device. Any thread may ask.

    `free` gives the bytes that are free on the device, or None where nobody knows.
    """

    def __init__(self, free: Callable[[], float | None], budget: float | None = None) -> None:
        self.budget = budget
        """Bytes that models and paintings may take together; None: what is free."""
        self._free = free
        self._models: dict[str, Resident] = {}
        self._work: dict[Hashable, float] = {}
        self._taken = 0
        self._books = threading.Lock()
        """Held for moments."""

    def hold(self, name: str, by: Hashable) -> None:
        """Keep a model that is on the device there until `release`. Raises KeyError if it is not there."""
        with self._books:
            if not self._is_here(name):
                raise KeyError(name)
            self._models[name].holders.add(by)

    def work(self, by: Hashable, estimate: float) -> None:
        """Somebody works with so many bytes beside the models, until `release`."""
        with self._books:
            self._work[by] = estimate

    def release(self, by: Hashable) -> None:
        """They hold nothing any more. Their models stay until others need the room."""
        with self._books:
            self._work.pop(by, None)
            for one in self._models.values():
                one.holders.discard(by)

    def here(self, name: str) -> bool:
        """Whether a model is on the device."""
        with self._books:
            return self._is_here(name)

    def table(self) -> Sequence[Row]:
        """All that were ever loaded, the one taken last first."""
        with self._books:
            return [one.row for one in sorted(self._models.values(), key=lambda one: -one.used)]

    @property
    def most_work(self) -> float:
        """Bytes that those at work need at once, at most: they make their steps in turn."""
        with self._books:
            return max(self._work.values(), default=0.0)

    def free(self) -> float | None:
        """Bytes that are free now, of the budget if there is one; None if nobody knows."""
        if self.budget is None:
            return self._free()
        with self._books:
            there = [one.weight for one in self._models.values() if one.where in ("device", "moving")]
        return self.budget - sum(there)

    def obtainable(self, keep: Collection[str] = ()) -> float | None:
        """Bytes that are free or would be without the models that nobody holds, `keep` excepted."""
        free = self.free()
        return None if free is None else free + sum(one.weight for one in self._idle(keep))

    def at_most(self, keep: Collection[str] = ()) -> float | None:
        """Bytes to be had once everything has ended that is under way, all models gone but for `keep`."""
        free = self.free()
        if free is None:
            return None
        with self._books:
            others = [one for one in self._models.values() if one.where == "device" and one.name not in keep]
            return free + sum(one.weight for one in others) + sum(self._work.values())

    def _is_here(self, name: str) -> bool:
        return name in self._models and self._models[name].where == "device"

    def _here(self, name: str) -> Resident | None:
        """The model, held by whoever is at work, if it is on the device."""
        with self._books:
            if not self._is_here(name):
                return None
            one = self._models[name]
            self._taken += 1
            one.used = self._taken
            one.holders.update(holders())
            return one

    def _idle(self, keep: Collection[str] = ()) -> list[Resident]:
        """The one taken longest ago first."""
        with self._books:
            idle = [one for one in self._models.values() if one.idle and one.name not in keep]
            return sorted(idle, key=lambda one: one.used)
