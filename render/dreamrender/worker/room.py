"""Whether there is room for a job on this worker's device."""

from __future__ import annotations

from collections.abc import Callable

from dreamqueue.recipe import Recipe
from dreamrender import memory, vqgan_bases
from dreamrender.backend import Backend
from dreamrender.critics import loading


def room_on(
    device: str, load: Callable[[str], Backend], gigabytes: float, batch: int = 1
) -> Callable[[Recipe], None]:
    """What the engine asks before it begins a recipe: raises PaintError for one that would not fit.

    `gigabytes` is what a painting may take; 0: what is free. Up to `batch` pictures of a job share a step.
    """

    def loaded(model: str) -> bool:
        return loading.is_loaded(model, device) or vqgan_bases.is_loaded(model, device)

    def check(recipe: Recipe) -> None:
        backend = load(recipe.backend)
        cuts = backend.most_cuts(recipe) if isinstance(backend, memory.HasCuts) else memory.CUTS
        free = gigabytes * 1e9 if gigabytes else memory.free_on(device)
        at_once = min(batch, max(recipe.candidates, recipe.cells))
        memory.check(recipe, memory.estimate(recipe, cuts, loaded, at_once), free)

    return check
