"""Who is next in the engine: in turn, but for models that are loaded, and never passed over too often."""

from __future__ import annotations

import asyncio

import pytest
from tests.fakes import grey_recipe

from dreamqueue.errors import PaintError
from dreamqueue.recipe import Recipe
from dreamrender.backend import Inputs
from dreamrender.painting import Painting
from dreamrender.room import Boundless
from dreamrender.waiting import MOST_PASSED, Waiting


class OneModel(Boundless):
    """Room for one model at a time: that of the preset; `held` while a painting with it is under way."""

    loaded = "a"
    held = False

    def ready(self, recipe: Recipe) -> bool:
        return recipe.preset == self.loaded

    def has(self, recipe: Recipe) -> bool:
        if recipe.preset == "huge":
            raise PaintError("It would need about 99 GB.")
        return self.ready(recipe) or not self.held


def painting(preset: str) -> Painting:
    recipe = grey_recipe(preset=preset)
    return Painting(recipe, Inputs(), asyncio.get_running_loop(), 1.0)


def waiting(room: OneModel, presets: str) -> Waiting:
    found = Waiting(room)
    for preset in presets:
        found.add(painting(preset))
    return found


def begun(waiting: Waiting, room: OneModel) -> str:
    """The presets of all of them in the order they begin, each ended before the next."""
    found = ""
    while (one := waiting.next(alone=True)) is not None:
        room.loaded = one.recipe.preset
        found += room.loaded
    return found


async def test_without_bounds_it_is_one_after_another() -> None:
    room = OneModel()
    room.ready = lambda recipe: True  # type: ignore[method-assign]
    assert begun(waiting(room, "ababcba"), room) == "ababcba"


async def test_those_whose_model_is_loaded_go_first() -> None:
    room = OneModel()
    assert begun(waiting(room, "bababa"), room) == "aaabbb"
    room.loaded = ""
    assert begun(waiting(room, "ababababab"), room) == "aaaaabbbbb"


async def test_nobody_is_passed_over_too_often() -> None:
    room = OneModel()
    order = begun(waiting(room, "b" + 20 * "a" + "c"), room)
    assert order == "a" * MOST_PASSED + "b" + "a" * 16 + "c"
    mixed = "bcbdacabdbacdbabcddabcab" * 2
    room.loaded = "a"
    queue = waiting(room, mixed)
    places = {id(place.painting): number for number, place in enumerate(queue._places)}
    order_of = []
    while (one := queue.next(alone=True)) is not None:
        room.loaded = one.recipe.preset
        order_of.append(places[id(one)])
    for turn, number in enumerate(order_of):
        assert sum(other > number for other in order_of[:turn]) <= MOST_PASSED


async def test_what_does_not_fit_beside_others_waits_and_in_the_end_holds_them_up() -> None:
    room = OneModel()
    room.held = True
    queue = waiting(room, "baaaaaa")
    went = [queue.next(alone=False) for _ in range(6)]
    assert [one and one.recipe.preset for one in went] == ["a", "a", "a", "a", None, None]
    room.held = False
    assert begun(queue, room) == "baa"


async def test_alone_nobody_waits_for_room() -> None:
    room = OneModel()
    room.held = True
    queue = waiting(room, "b")
    assert queue.next(alone=False) is None
    assert queue.next(alone=True) is not None


async def test_one_that_never_fits_is_told_so_and_one_that_was_cancelled_forgotten() -> None:
    room = OneModel()
    queue = Waiting(room)
    huge, cancelled, good = painting("huge"), painting("a"), painting("b")
    for one in (huge, cancelled, good):
        queue.add(one)
    cancelled.cancel()
    assert queue.next(alone=False) is good
    assert len(queue) == 0
    with pytest.raises(PaintError, match="It would need about 99 GB"):
        await anext(huge.updates())
