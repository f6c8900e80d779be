"""Numbers that change on the way: how they are typed, kept and read at a time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dreamqueue.course import Course, value_at, write_course
from dreamqueue.errors import BadValue
from dreamqueue.prompt import parse, render
from dreamqueue.prompt.courses import course
from dreamqueue.prompt.reading import Use
from dreamqueue.recipe import Phrase, Recipe

A_HUT = (Phrase(text="a hut"),)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("0.5", 0.5),
        ("2..0", ((0, 2), (1, 0))),
        (".5...25", ((0, 0.5), (1, 0.25))),
        ("2…0", ((0, 2), (1, 0))),
        ("2@0%,0.5@40%,0@100%", ((0, 2), (0.4, 0.5), (1, 0))),
        ("2@0, 0@0.5", ((0, 2), (0.5, 0))),
    ],
)
def test_what_is_typed(typed: str, found: Course) -> None:
    recipe = parse(f"a hut --iw {typed} --seed 7")
    assert recipe.image_weight == found
    assert recipe.words == "a hut"
    assert parse(render(recipe)) == recipe
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


@pytest.mark.parametrize(
    "typed", ["x", "-1", "101", "1e99", "2..-1", "2@0", "2@50%,1@40%", "1@0,2@2", "1,2", "nan"]
)
def test_what_cannot_be_read_is_answered_with_examples(typed: str) -> None:
    with pytest.raises(BadValue) as refused:
        parse(f"a hut --iw={typed}")
    assert str(refused.value).endswith(
        "I need a number from 0 to 100 here, or how it changes on the way, such as `--iw 2..0` or "
        "`--iw 2@0%,0.5@40%`."
    )


def test_value_at_a_time() -> None:
    assert value_at(0.5, 0.3) == 0.5
    falling = ((0.2, 2.0), (0.6, 1.0), (1.0, 0.0))
    assert [value_at(falling, t) for t in (0, 0.2, 0.6, 1)] == [2, 2, 1, 0]
    assert value_at(falling, 0.4) == pytest.approx(1.5)
    assert value_at(falling[:2], 0.9) == 1


@pytest.mark.parametrize("wrong", [((0.5, 1.0), (0.5, 2.0)), ((0.0, 1.0),), 101.0, ((0.0, 1.0), (2.0, 1.0))])
def test_a_recipe_refuses_what_is_no_course(wrong: object) -> None:
    with pytest.raises(ValidationError):
        Recipe.model_validate({"phrases": A_HUT, "image_weight": wrong})


TIMES = st.lists(st.floats(0, 1), min_size=2, max_size=8, unique=True).map(sorted)
VALUES = st.floats(-100, 100).map(lambda value: value + 0.0)


@given(st.one_of(VALUES, TIMES.flatmap(lambda ts: st.tuples(*(st.tuples(st.just(t), VALUES) for t in ts)))))
def test_what_is_written_is_read_back(given_course: Course) -> None:
    assert course(Use("x", write_course(given_course)), -100, 100) == given_course


def test_people_are_told_a_course_in_short() -> None:
    turned = ((0.087248322147651, 1.0), (0.18724832214765103, 0.0))
    phrases = (Phrase(text="a castle", weight=turned), Phrase(text="fog", weight=1 / 3))
    assert parse("a hut").model_copy(update={"phrases": phrases}).words == "a castle:1@9%,0@19% | fog:0.333"
