"""Turns on the way: weights that change, stories, other words from a step on, more steps."""

from __future__ import annotations

import pytest

from dreamqueue.course import value_at
from dreamqueue.errors import BadValue, PromptError, TooLate
from dreamqueue.events import Lengthen, Steer, obeyed
from dreamqueue.job import Owner
from dreamqueue.prompt import parse, render
from dreamqueue.recipe import Phrase, Recipe
from dreamqueue.turns import held, longer, turned, unrest, way

ADA = Owner(id="1", name="Ada")


def weights(recipe: Recipe, t: float) -> dict[str, float]:
    """What pulls how strongly at progress t."""
    found = {phrase.text: round(value_at(phrase.weight, t), 6) for phrase in recipe.phrases}
    return {words: weight for words, weight in found.items() if weight}


def recipe(*texts: str, steps: int = 101) -> Recipe:
    return Recipe(phrases=tuple(Phrase(text=text) for text in texts), steps=steps)


@pytest.mark.parametrize(
    ("typed", "start", "end"),
    [
        ("a lake | frost:0..1", {"a lake": 1}, {"a lake": 1, "frost": 1}),
        ("a lake | frost::2@0%,0@50%", {"a lake": 1, "frost": 2}, {"a lake": 1}),
        ("a lake:3..1 | fog:-1..0", {"a lake": 3, "fog": -1}, {"a lake": 1}),
        ("a lake --no fog:1..0.5", {"a lake": 1, "fog": -1}, {"a lake": 1, "fog": -0.5}),
    ],
)
def test_a_weight_may_change_on_the_way(typed: str, start: dict[str, float], end: dict[str, float]) -> None:
    asked = parse(typed)
    assert weights(asked, 0) == start
    assert weights(asked, 1) == end
    assert parse(render(asked)) == asked


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        ("fog:1@50%,0@20%", "in their order"),
        ("fog:1@0%,0@200%", "in their order"),
        ("fog:0..0", "steers nowhere"),
        ("fog:0..300", "lies between"),
        ("a lake --no fog:1..-1", "steers away already"),
    ],
)
def test_a_weight_that_cannot_change_so_is_explained(typed: str, answer: str) -> None:
    with pytest.raises(BadValue, match=answer):
        parse(typed)


def test_times_and_scores_stay_words() -> None:
    assert [phrase.text for phrase in parse("from 10:30..11 | 2:1..3 at half time").phrases] == [
        "from 10:30..11",
        "2:1..3 at half time",
    ]


def test_a_story_goes_from_part_to_part() -> None:
    told = parse('oil painting --story "a seed ^ a tree:2 ^ a fire" --seed 1')
    assert weights(told, 0) == {"oil painting": 1, "a seed": 1}
    assert weights(told, 0.25) == {"oil painting": 1, "a seed": 0.5, "a tree": 1}
    assert weights(told, 0.5) == {"oil painting": 1, "a tree": 2}
    assert weights(told, 1) == {"oil painting": 1, "a fire": 1}
    assert told.steps == parse("a").steps * 2
    assert parse(render(told)) == told
    assert weights(parse('--story "a seed ^ a tree"'), 0) == {"a seed": 1}


@pytest.mark.parametrize("story", ["a seed", "a ^ b ^ c ^ d ^ e ^ f ^ g ^ h ^ i", "a:0..1 ^ b", "^"])
def test_a_story_needs_its_parts(story: str) -> None:
    with pytest.raises(BadValue, match="story"):
        parse(f'a house --story "{story}"')


def test_turning_blends_and_keeps_what_was() -> None:
    old = recipe("a cat", "ink")
    new = turned(old, [Phrase(text="a dog"), Phrase(text="ink", weight=0.5)], 50, blend=0.2)
    assert [weights(new, t) for t in (0, 0.5)] == [weights(old, 0)] * 2
    assert weights(new, 0.6) == {"a cat": 0.5, "a dog": 0.5, "ink": 0.75}
    assert weights(new, 0.7) == weights(new, 1) == {"a dog": 1, "ink": 0.5}
    again = turned(new, [Phrase(text="a cat")], 80, blend=0.1)
    assert weights(again, 0.6) == weights(new, 0.6)
    assert weights(again, 1) == {"a cat": 1}
    assert parse(render(again)).phrases == again.phrases


def test_before_the_first_step_the_words_are_simply_others() -> None:
    assert turned(recipe("a cat"), [Phrase(text="a dog")], 0) == recipe("a dog")


def test_words_said_twice_stay_two() -> None:
    old = recipe("a cat", "a cat")
    new = turned(old, [Phrase(text="a dog")], 50)
    assert [value_at(phrase.weight, 0.2) for phrase in new.phrases] == [1, 1, 0]


def test_too_many_turns_are_refused() -> None:
    one = recipe("a", "b")
    for step, weight in ((10, 2), (20, 3), (30, 4), (40, 5)):
        one = turned(one, [Phrase(text="b", weight=weight)], step, blend=0.01)
    with pytest.raises(PromptError, match="too often"):
        turned(one, [Phrase(text="b", weight=6)], 50, blend=0.01)
    with pytest.raises(PromptError, match="33 phrases"):
        turned(recipe("a"), [Phrase(text=f"phrase {number}") for number in range(32)], 50)


def test_a_longer_recipe_has_its_past_unchanged() -> None:
    short = turned(recipe("a cat"), [Phrase(text="a dog")], 50, blend=0.1)
    long = longer(short, 60, 201)
    assert long.steps == 201
    assert [long.steps_at(step) for step in (0, 59, 60, 200)] == [101, 101, 201, 201]
    for step in range(60):
        before = weights(short, way(short, step))
        assert weights(long, way(long, step)) == pytest.approx(before)
    longest = longer(long, 201, 301)
    assert [longest.steps_at(step) for step in (10, 100, 250)] == [101, 201, 301]
    assert longer(long, 10, 201) == long


def test_the_hand_is_restless_while_words_change_and_calms_down() -> None:
    turn = turned(recipe("a cat"), [Phrase(text="a dog")], 50, blend=0.1)
    assert unrest(turn, 49) == 0
    assert unrest(turn, 50) == unrest(turn, 60) == 1
    assert unrest(turn, 75) == pytest.approx(0.5)
    assert unrest(turn, 95) == 0
    assert unrest(recipe("a cat"), 50) == 0
    long = longer(turn, 80, 201)
    assert [unrest(long, step) for step in range(80)] == pytest.approx(
        [unrest(turn, step) for step in range(80)]
    )


def test_what_is_held_at_a_step_pulls_as_it_did_then() -> None:
    turn = turned(recipe("a cat", "ink"), [Phrase(text="a dog"), Phrase(text="ink")], 50, blend=0.1)
    assert held(turn, 20) == (Phrase(text="a cat"), Phrase(text="ink"))
    assert held(turn, 90) == (Phrase(text="ink"), Phrase(text="a dog"))


def test_it_cannot_be_made_longer_for_ever() -> None:
    one = recipe("a cat")
    for number in range(16):
        one = longer(one, 10, one.steps + number + 1)
    with pytest.raises(PromptError, match="too often"):
        longer(one, 10, one.steps + 1)


def test_an_order_that_comes_too_late_says_so() -> None:
    steer = Steer(job="x", by=ADA, phrases=(Phrase(text="a dog"),))
    assert obeyed(steer, recipe("a cat"), 100) == recipe("a cat")
    with pytest.raises(TooLate, match="step 60 already"):
        obeyed(Lengthen(job="x", by=ADA, steps=60), recipe("a cat"), 60)
