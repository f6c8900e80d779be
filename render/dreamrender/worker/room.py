"""Room for paintings on this worker's device: what they take by estimate beside the models that are there."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from dreamconfig.catalogue import needed
from dreamqueue.memory import CUTS, Estimate, check, estimate
from dreamqueue.recipe import Recipe
from dreamrender import memory
from dreamrender.backend import Backend
from dreamrender.fast.precision import dtype_on
from dreamrender.placing import offloads
from dreamrender.residents import Residents


@dataclass(frozen=True)
class DeviceRoom:
    """What the engine asks. Up to `batch` pictures of a job share a step."""

    residents: Residents
    load: Callable[[str], Backend]
    batch: int = 1

    def ready(self, recipe: Recipe) -> bool:
        """Whether its models are on the device."""
        return all(map(self.residents.here, _models(recipe)))

    def has(self, recipe: Recipe) -> bool:
        """Whether there is room for its models and its work, or would be without the models that are idle.

        Raises PaintError if there would not be enough without all that is under way, saying what would fit.
        """
        most = self.residents.at_most(keep=_models(recipe))
        takes = self._takes(recipe, most)
        check(recipe, takes, most)
        room = self.residents.obtainable(keep=_models(recipe))
        return room is None or self._beside(recipe, takes) <= room

    def make(self, recipe: Recipe, by: Hashable) -> None:
        """Let idle models leave, and keep room for its steps."""
        takes = self._takes(recipe, self.residents.at_most(keep=_models(recipe)))
        self.residents.make_room(self._beside(recipe, takes), keep=_models(recipe))
        self.residents.work(by, self._work(recipe))

    def _takes(self, recipe: Recipe, most: float | None) -> Estimate:
        """All that it takes more, its models taken apart if they would not fit whole."""
        whole = self._estimate(recipe, self.residents.here)
        if most is None or whole.at(recipe) <= most or not offloads(self.residents.device):
            return whole
        return self._estimate(recipe, self.residents.here, apart=True)

    def _beside(self, recipe: Recipe, takes: Estimate) -> float:
        """Sessions make their steps in turn, so that only the one which needs most counts for its work."""
        return takes.at(recipe) + max(0.0, self.residents.most_work - self._work(recipe))

    def _work(self, recipe: Recipe) -> float:
        return self._estimate(recipe, lambda model: True).at(recipe)

    def _estimate(self, recipe: Recipe, loaded: Callable[[str], bool], apart: bool = False) -> Estimate:
        backend = self.load(recipe.backend)
        cuts = backend.most_cuts(recipe) if isinstance(backend, memory.HasCuts) else CUTS
        at_once = min(self.batch, max(recipe.candidates, recipe.cells))
        half = dtype_on(self.residents.device).itemsize == 2
        return estimate(recipe, cuts, loaded, at_once, apart, half)


def _models(recipe: Recipe) -> list[str]:
    return needed(recipe.backend, recipe.preset, recipe.critics)
