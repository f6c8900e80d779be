"""What is on a device: the one place where models are taken from, and that decides which of them leave.

A model is loaded when it is first taken. If there is no room, those leave that nobody holds, the one taken
longest ago first: from a GPU to main memory while that has room (`dreamrender.shelter`), else they are gone.
On a CPU a model is here or gone.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections.abc import Callable, Collection, Hashable, Sequence
from functools import partial
from typing import TypeVar, cast

import torch

from dreamqueue.errors import PaintError
from dreamrender.memory import free_on
from dreamrender.out_of_memory import give_back, let_go, ran_out
from dreamrender.register import Register
from dreamrender.resident import Resident, Row, weight_of
from dreamrender.shelter import Shelter

log = logging.getLogger(__name__)

Model = TypeVar("Model")


class Residents(Register):
    """The models of one device; one moves at a time. Without a `shelter` those that leave are gone."""

    def __init__(
        self,
        device: str,
        *,
        budget: float | None = None,
        free: Callable[[], float | None] | None = None,
        shelter: Shelter | None = None,
    ) -> None:
        super().__init__(free or partial(free_on, device), budget)
        self.device = device
        self._shelter = shelter
        self._moving = threading.RLock()
        """Held while models come and leave, which may take minutes. Taken before the books by whoever needs
        both."""

    def take(self, name: str, load: Callable[[], Model], estimate: float = 0.0) -> Model:
        """The model of that name, on the device now; `load` makes it there if it is nowhere.

        `estimate` says the bytes that it will take there. Whoever is at work (`dreamrender.holding`) holds it
        from now on; one that nobody holds may leave as soon as another is taken. Raises PaintError if it does
        not fit beside those that are held, and what `load` raises.
        """
        found = self._here(name)
        if found is None:
            with self._moving:
                found = self._here(name) or self._come(name, load, estimate)
        return cast(Model, found.model)

    def make_room(self, needed: float, keep: Collection[str] = ()) -> bool:
        """Let models leave that nobody holds until so many bytes are free; those in `keep` stay as they are.

        False, and none leaves, if that would not do.
        """
        with self._moving:
            free, idle = self.free(), self._idle(keep)
            if free is None:
                return True
            if free + sum(one.weight for one in idle) < needed:
                return False
            for one in idle:
                if free >= needed:
                    break
                if self._leave(one, keep):
                    free += one.weight
            return free >= needed

    def clear(self) -> None:
        """Let all models leave that nobody holds."""
        with self._moving:
            for one in self._idle():
                self._leave(one)

    def _come(self, name: str, load: Callable[[], object], estimate: float) -> Resident:
        with self._books:
            one = self._models.setdefault(name, Resident(name))
        before = one.where
        needed = one.weight if before == "main memory" else estimate or one.weight
        if needed and not self.make_room(needed, keep=(name,)):
            self._stays(one)
            raise self._too_large(name, needed)
        one.where, one.weight = "moving", needed
        began = time.perf_counter()
        try:
            model = self._twice(name, load if before == "gone" else partial(self._back, one))
        except BaseException as error:
            self._stays(one)
            if isinstance(error, Exception) and ran_out(error):
                let_go(error)
                raise self._too_large(name, needed) from error
            raise
        with self._books:
            one.model, one.weight, one.where = model, weight_of(model) or needed, "device"
            one.loads += before == "gone"
            one.moves += before != "gone"
        how = "loaded" if before == "gone" else "came back"
        seconds = time.perf_counter() - began
        log.info("%s: %s %s in %.1f s, %.0f MB", self.device, name, how, seconds, one.weight / 1e6)
        found = self._here(name)
        assert found is not None
        return found

    def _twice(self, name: str, come: Callable[[], object]) -> object:
        """What `come` gives; if memory runs out, once more without the models that nobody holds."""
        try:
            return come()
        except Exception as error:
            if not ran_out(error):
                raise
            log.warning("%s: memory ran out while %s came", self.device, name)
            let_go(error)
        self.clear()
        return come()

    def _back(self, one: Resident) -> object:
        assert self._shelter is not None
        return self._shelter.give_back(one, self.device)

    def _stays(self, one: Resident) -> None:
        """It did not come: it is where it was."""
        with self._books:
            one.where = "gone" if one.model is None else "main memory"
            if not one.loads:
                del self._models[one.name]

    def _leave(self, one: Resident, keep: Collection[str] = ()) -> bool:
        """False if somebody took it meanwhile."""
        with self._books:
            if not one.idle:
                return False
            one.where = "moving"
        sheltered = self._shelter is not None and self._retires(one, self._shelter, keep)
        with self._books:
            one.where = "main memory" if sheltered else "gone"
            one.model = one.model if sheltered else None
        if not sheltered:
            gc.collect()
        give_back()
        log.info("%s: %s left, %.0f MB, and is %s", self.device, one.name, one.weight / 1e6, _NOW[sheltered])
        return True

    def _retires(self, one: Resident, shelter: Shelter, keep: Collection[str]) -> bool:
        with self._books:
            others = [other for other in self._models.values() if other.name not in keep]
            retired = [other for other in others if other.where == "main memory"]
        leaving = shelter.making_way(one.weight, retired)
        if leaving is None:
            return False
        for other in leaving:
            with self._books:
                other.model, other.where = None, "gone"
            log.info("%s: %s left main memory", self.device, other.name)
        return shelter.take_in(one)

    def _too_large(self, name: str, needed: float) -> PaintError:
        free = max(0.0, self.obtainable() or 0.0)
        return PaintError(
            f"The model `{name}` takes about {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free for it "
            "on this worker. Please choose a smaller model, or ask again when less is being painted."
        )


_NOW = {True: "kept in main memory", False: "gone"}

_all: dict[str, Residents] = {}
_making = threading.Lock()


def residents_on(device: str | torch.device) -> Residents:
    """Those of a device, one for all of this process."""
    place = torch.device(device)
    name = f"cuda:{place.index or 0}" if place.type == "cuda" else place.type
    with _making:
        if name not in _all:
            _all[name] = Residents(str(device), shelter=Shelter() if place.type == "cuda" else None)
        return _all[name]


def table() -> dict[str, Sequence[Row]]:
    """All models of this process by device, those taken last first."""
    return {name: one.table() for name, one in list(_all.items())}


def release(by: Hashable) -> None:
    """They hold nothing any more, on any device."""
    for one in list(_all.values()):
        one.release(by)


def clear() -> None:
    """Let all models leave that nobody holds, from every device."""
    for one in list(_all.values()):
        one.clear()
