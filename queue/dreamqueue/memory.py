"""What a painting takes by estimate, from the catalogue alone: for whoever plans without painting."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dreamconfig.catalogue import Memory, ModelEntry, backends, models, needed
from dreamqueue.errors import PaintError
from dreamqueue.recipe import Recipe
from dreamqueue.sizes import drawn, named, of_area

HELD = 0.25
"""Share of its canvas' memory that a picture keeps while others of its job step: leaves and moments,
no gradients (64 pictures of 512² with `pixels` keep 10 MB each)."""
CUTS = 8
"""Cutouts a step of a backend that does not say how many it takes."""


@dataclass(frozen=True)
class Estimate:
    """Bytes that a painting takes: `fixed`, and `pixel` for each pixel up to the `largest` number of them."""

    fixed: float
    pixel: float
    largest: int | None = None

    def at(self, recipe: Recipe) -> float:
        """Of its whole size, with what lies around a picture that repeats."""
        pixels = drawn(recipe)
        return self.fixed + self.pixel * (pixels if self.largest is None else min(pixels, self.largest))


def estimate(
    recipe: Recipe,
    cuts: int = CUTS,
    loaded: Callable[[str], bool] = lambda model: False,
    at_once: int = 1,
    apart: bool = False,
    half: bool = False,
) -> Estimate:
    """What a painting of the recipe takes beside the models that are loaded, `at_once` pictures in a step;
    the others of its job wait with their canvases.

    `apart`: models that can be taken apart are on the device a piece at a time (`dreamrender.placing`).
    `half`: pipelines are in half precision. The catalogue has the numbers (measured by tools/memory, on a CPU
    in single precision; a GPU takes less). A backend that the catalogue does not know counts as nothing.
    """
    known = backends().get(recipe.backend)
    own = known.memory if known else Memory()
    names = needed(recipe.backend, recipe.preset, recipe.critics)
    wanted = {name: _memory(models()[name], half) for name in names}
    fixed = own.fixed + sum(_fixed(memory, apart) for name, memory in wanted.items() if not loaded(name))
    of_cuts = cuts * sum(memory.cut for memory in (own, *wanted.values()))
    kilobytes = at_once * sum(memory.pixel for memory in (own, *wanted.values()))
    others = max(recipe.candidates, recipe.cells) - at_once
    kilobytes += HELD * own.pixel * max(0, others)
    return Estimate(fixed=(fixed + at_once * of_cuts) * 1e6, pixel=kilobytes * 1e3, largest=own.largest)


def of_model(name: str) -> float:
    """Bytes that a model of the catalogue takes on its device; 0 for one that it does not know."""
    known = models().get(name)
    return known.memory.fixed * 1e6 if known else 0.0


def check(recipe: Recipe, what: Estimate, free: float | None) -> None:
    """Raises PaintError if a painting takes more than is free, saying the size that would fit."""
    if free is None or what.at(recipe) <= free:
        return
    too_large = (
        f"{named(recipe)} would need about {_gigabytes(what.at(recipe))} and {_gigabytes(free)} are free"
    )
    fits = of_area(recipe, (free - what.fixed) / what.pixel) if what.pixel and free > what.fixed else None
    while fits is not None and what.at(fits) > free:
        fits = of_area(fits, 0.95 * fits.width * fits.height)
    if fits is None:
        raise PaintError(f"{too_large}; no size would fit. A smaller preset or fewer critics may.")
    raise PaintError(f"{too_large}; {named(fits)} would fit.")


def _memory(model: ModelEntry, half: bool) -> Memory:
    own = model.memory
    if not half or model.kind != "diffusers":
        return own
    apart = None if own.apart is None else own.apart / 2
    return own.model_copy(update={"fixed": own.fixed / 2, "pixel": own.pixel / 2, "apart": apart})


def _fixed(what: Memory, apart: bool) -> float:
    return what.fixed if what.apart is None or not apart else what.apart


def _gigabytes(count: float) -> str:
    return f"{count / 1e9:.1f} GB"
