"""The stages of a painting."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamqueue.turns import longer
from dreamrender.diffusion.plan import AGAIN, FINISHING, STRENGTH, plan

from . import painters


def test_from_noise_in_one_stage() -> None:
    (stage,) = plan(painters.recipe_of(steps=20), picture=False, strength=0.3)
    assert (stage.begin, stage.steps, stage.planned, stage.strength) == ("noise", 20, 20, 1.0)


@pytest.mark.parametrize(("asked", "strength"), [(None, STRENGTH), (0.3, 0.3), (1.0, 1.0)])
def test_over_a_picture_all_steps_are_made(asked: float | None, strength: float) -> None:
    (stage,) = plan(painters.recipe_of(steps=20), picture=True, strength=asked)
    assert (stage.begin, stage.steps, stage.strength) == ("picture", 20, strength)


def test_a_second_pass_has_a_third_of_the_steps() -> None:
    recipe = painters.recipe_of(steps=30, width=1024, height=768)
    small, large = plan(recipe, picture=False, strength=None, hires=2.0, multiple=8)
    assert (small.width, small.height, small.steps) == (512, 384, 20)
    assert (large.begin, large.width, large.height, large.steps) == ("before", 1024, 768, 10)
    assert large.strength == FINISHING


def test_more_steps_on_the_way_take_the_noise_that_is_left() -> None:
    recipe = longer(painters.recipe_of(steps=20), 15, 30)
    done, left = plan(recipe, picture=False, strength=None)
    assert (done.steps, done.planned) == (15, 20)
    assert (left.begin, left.steps, left.strength) == ("onward", 15, 0.25)


def test_with_little_noise_left_more_steps_paint_over_it() -> None:
    recipe = longer(painters.recipe_of(steps=25), 24, 75)
    _, again = plan(recipe, picture=False, strength=None)
    assert (again.begin, again.steps, again.strength) == ("before", 51, AGAIN)


def test_more_steps_after_the_end_paint_over_it() -> None:
    recipe = longer(painters.recipe_of(steps=20), 20, 30)
    _, again = plan(recipe, picture=False, strength=None)
    assert (again.begin, again.steps, again.strength) == ("before", 10, AGAIN)


@given(
    steps=st.integers(1, 60),
    hires=st.sampled_from([1.0, 1.5, 2.0]),
    more=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 40)), max_size=4),
)
def test_the_stages_have_all_steps(steps: int, hires: float, more: list[tuple[float, int]]) -> None:
    recipe = painters.recipe_of(steps=steps)
    until = 0
    for share, extra in more:
        until += round(share * (recipe.steps - until))
        recipe = longer(recipe, until, recipe.steps + extra)
    stages = plan(recipe, picture=False, strength=None, hires=hires)
    assert sum(stage.steps for stage in stages) == recipe.steps
    assert all(1 <= stage.steps <= stage.planned and 0 < stage.strength <= 1 for stage in stages)
    assert stages[0].begin == "noise"
