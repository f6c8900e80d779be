"""Choices in braces and candidates: what they are read as, what they cost, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from dreamconfig.settings import QueueSettings
from dreamqueue.client import QueueClient
from dreamqueue.errors import BadValue, PromptError
from dreamqueue.grid import cells, columns
from dreamqueue.places import cost_kind, estimate
from dreamqueue.prompt import Limits, parse, render
from dreamqueue.recipe import MOST_PICTURES, Phrase, Recipe
from dreamqueue.turns import turned


def words_of(prompt: str) -> list[str]:
    return [cell.recipe.words for cell in cells(parse(prompt))]


def test_all_ways_to_choose_the_last_changing_fastest() -> None:
    made = cells(parse("a {snail,penguin} made of {harp,piano} --seed 7"))
    assert [(cell.label, cell.recipe.words) for cell in made] == [
        ("snail, harp", "a snail made of harp"),
        ("snail, piano", "a snail made of piano"),
        ("penguin, harp", "a penguin made of harp"),
        ("penguin, piano", "a penguin made of piano"),
    ]
    assert {cell.recipe.seed for cell in made} == {7}
    assert all(cells(cell.recipe) == (("", cell.recipe),) for cell in made), "each one is one picture"


@pytest.mark.parametrize(
    ("prompt", "words"),
    [
        ("a {red,} hut", ["a red hut", "a hut"]),
        ("a hut | {oil painting, ink}:0.5", ["a hut | oil painting:0.5", "a hut | ink:0.5"]),
        ("a hut | {oil painting,}:0.5", ["a hut | oil painting:0.5", "a hut"]),
        ("a hut --no {people,text:2}", ["a hut | people:-0.5", "a hut | text:2:-0.5"]),
        ("--no {people, text} a hut", ["a hut | people:-0.5", "a hut | text:-0.5"]),
        ("{a hut|b; c, --seed 3}", ["a hut|b; c", "--seed 3"]),
        ("a{b,c}d", ["abd", "acd"]),
        ('"a {b, c | d}"', ["a b", "a c | d"]),
        ("{a,b} {a,b}", ["a a", "a b", "b a", "b b"]),
        ("a {b} {c", ["a {b} {c"]),
        ("a {b|c} d", ["a {b | c} d"]),
        ("a } , {", ["a } , {"]),
    ],
)
def test_what_braces_mean(prompt: str, words: list[str]) -> None:
    assert words_of(prompt) == words


def test_a_story_has_choices_too() -> None:
    made = cells(parse('--story "a {hut,barn} ^ fire"'))
    assert [[phrase.text for phrase in cell.recipe.phrases] for cell in made] == [
        ["a hut", "fire"],
        ["a barn", "fire"],
    ]
    assert all(isinstance(phrase.weight, tuple) for cell in made for phrase in cell.recipe.phrases)


def test_a_style_is_worked_into_every_picture() -> None:
    made = words_of("a {hut,barn} --style watercolor")
    assert len(made) == 2
    assert "hut" in made[0]
    assert "watercolor" in made[0]
    assert made[1] == made[0].replace("hut", "barn")


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("a {b,{c,d}}", "braces cannot stand in braces"),
        ("a {x {b,c} y}", "braces cannot stand in braces"),
        ("a {" + "b," * 16 + "c}", "make 17 pictures, and one grid holds up to 16"),
        ("{a,b}" * 5, "make 32 pictures"),
        ("{a,b}" * 200, "more than a million pictures"),
        ("{a hut,}", "nothing left to paint"),
        ("{a,b} --candidates 4", "leave out the candidates or the braces"),
        ("a hut --finish 2", "add `--candidates 9`"),
        ("a hut --trial 20%", "add `--candidates 9`"),
        ("a hut --candidates 17", "from 1 to 16"),
        ("a hut --candidates 4 --finish 5", "from 1 to 4"),
        ("a hut --candidates 4 --trial 20", "such as `--trial 20%`"),
        ("a hut --candidates 4 --trial 0%", "such as `--trial 20%`"),
        ("a hut --best-of 4 --trial 20%", "keep one of these two"),
        ("a hut --best-of 4 --candidates 4", "keep one of these two"),
        ("{a,b,c} --steps 1000", "3,000 steps in all, and one job has up to 2,000; with `--steps 666`"),
        ("a hut --best-of 16 --steps 2000", "with `--steps 125` it fits"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(prompt: str, says: str) -> None:
    with pytest.raises(BadValue) as told:
        parse(prompt)
    assert says in str(told.value)
    assert len(str(told.value)) < 300


def test_the_house_may_allow_fewer_pictures() -> None:
    assert len(cells(parse("{a,b,c}", limits=Limits(max_cells=3)))) == 3
    with pytest.raises(BadValue, match="up to 2"):
        parse("{a,b,c}", limits=Limits(max_cells=2))


@pytest.mark.parametrize("prompt", ["{a,b,c}", "a --candidates 7", "a --candidates 7 --finish 3 --trial 33%"])
def test_the_steps_that_are_proposed_are_the_most_that_fit(prompt: str) -> None:
    with pytest.raises(BadValue) as told:
        parse(f"{prompt} --steps 2000")
    proposed = int(str(told.value).split("--steps ")[1].split("`")[0])
    assert parse(f"{prompt} --steps {proposed}").work <= 2000
    with pytest.raises(BadValue):
        parse(f"{prompt} --steps {proposed + 1}")


def test_too_many_pictures_for_any_number_of_steps() -> None:
    with pytest.raises(BadValue, match="fewer pictures"):
        parse("a hut --candidates 9", limits=Limits(max_steps=8))


def test_a_recipe_that_was_written_by_hand_is_checked_when_it_is_painted() -> None:
    with pytest.raises(BadValue):
        cells(Recipe(phrases=(Phrase(text="{a,b}" * 5),)))
    with pytest.raises(ValidationError, match="as many go on"):
        Recipe(phrases=(Phrase(text="a"),), candidates=2, finish=3)


def test_choices_do_not_come_in_on_the_way() -> None:
    with pytest.raises(PromptError, match="several pictures"):
        turned(parse("a hut"), parse("a {hut,barn}").phrases, 10)


def test_a_table_of_two_things_has_a_row_for_each_of_the_first() -> None:
    assert columns(parse("a {b,c} of {d,e,f}")) == 3
    assert columns(parse("a {b,c,d} hut")) is None
    assert columns(parse("a hut")) is None


@pytest.mark.parametrize(
    ("flags", "candidates", "finish", "trial", "work"),
    [
        ("", 1, 1, 0.2, 120),
        ("--candidates 9", 9, 1, 0.2, 9 * 24 + 96),
        ("--candidates 9 --finish 2 --trial 50%", 9, 2, 0.5, 9 * 60 + 2 * 60),
        ("--candidates 3 --trial .001", 3, 1, 0.001, 3 + 119),
        ("--best-of 4", 4, 1, 1.0, 480),
        ("--best-of 4 --finish 2", 4, 2, 1.0, 480),
        ("--candidates 1", 1, 1, 0.2, 120),
    ],
)
def test_candidates(flags: str, candidates: int, finish: int, trial: float, work: int) -> None:
    recipe = parse(f"a hut --steps 120 {flags}")
    assert (recipe.candidates, recipe.finish, recipe.trial, recipe.work) == (candidates, finish, trial, work)
    assert recipe.several == (candidates > 1)
    assert parse(render(recipe)) == recipe


async def test_all_pictures_are_paid_for(redis_url: str) -> None:
    client = await QueueClient.connect(QueueSettings(redis_url=SecretStr(redis_url)))
    try:
        one = parse("a hut --steps 100")
        for prompt, times in (("a {hut,barn} --steps 100", 2), ("a hut --best-of 4 --steps 100", 4)):
            several = parse(prompt)
            assert cost_kind(several) == cost_kind(one)
            alone = await estimate(client.store, one)
            assert await estimate(client.store, several) == pytest.approx(times * alone, rel=0.1)
    finally:
        await client.close()


TEXTS = st.text(alphabet='ab {},|"', min_size=1, max_size=30).map(lambda text: " ".join(text.split()))


@settings(deadline=None, max_examples=300)
@given(st.lists(TEXTS.filter(bool), min_size=1, max_size=3))
def test_whatever_braces_there_are_each_cell_is_one_picture_and_reads_back(texts: list[str]) -> None:
    recipe = Recipe(phrases=tuple(Phrase(text=text) for text in texts), preset="levels", seed=5)
    try:
        made = cells(recipe)
    except BadValue:
        return
    assert len(made) == recipe.cells <= MOST_PICTURES
    assert parse(render(recipe)) == recipe
    for cell in made:
        assert cell.recipe.cells == 1
        assert parse(render(cell.recipe)) == cell.recipe
