"""`--collection` and `--like`: what is typed, and what is answered when it is wrong."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from dreamqueue.collection import Collection, Liked, slug
from dreamqueue.errors import BadValue
from dreamqueue.prompt import parse, render
from dreamqueue.recipe import Recipe


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("--collection harbours", Collection(name="harbours")),
        ("--collection Harbours:0.8", Collection(name="harbours", strength=0.8)),
        ('--collection "old harbours"::1', Collection(name="old-harbours", strength=1)),
        ('--collection "2019"', Collection(name="2019")),
        ("--collection 2019:2", Collection(name="2019", strength=2)),
        (
            "--collection harbours --like turner:2, hokusai",
            Collection(
                name="harbours", like=(Liked(folder="turner", weight=2), Liked(folder="hokusai", weight=3))
            ),
        ),
        (
            '--like "Old Masters", "café 2":0.5 --collection h',
            Collection(name="h", like=(Liked(folder="old-masters"), Liked(folder="cafe-2", weight=0.5))),
        ),
    ],
)
def test_what_can_be_typed(typed: str, wanted: Collection) -> None:
    recipe = parse(f"a quiet harbour {typed}", seed=lambda: 1)
    assert recipe.collection == wanted
    assert recipe.words == "a quiet harbour"
    assert parse(render(recipe)) == recipe
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("--like turner:2", "of which collection: `--collection NAME --like turner:2`"),
        ("--collection ../secrets", "letters and digits"),
        ("--collection h --like ../x", "letters and digits"),
        ("--collection C:\\pictures", "letters and digits"),
        ("--collection 💚", "letters and digits"),
        ("--collection h:0", "lies above 0 and is at most 2"),
        ("--collection h:3", "at most 2"),
        ("--collection h --like turner:-1", "lies above 0 and is at most 100"),
        ("--collection h --like turner, Turner:2", "`turner` is there twice"),
        ("--collection h --like " + ",".join(f"f{n}" for n in range(17)), "one to 16 folders"),
        ("--collection h --collection i", "is there twice"),
        ("--collection", "something has to follow"),
    ],
)
def test_what_is_wrong_is_said(typed: str, why: str) -> None:
    with pytest.raises(BadValue) as told:
        parse(f"a harbour {typed}")
    assert why in str(told.value)


def test_fields_mean_the_same_and_the_text_wins() -> None:
    recipe = parse("a harbour --like turner", options={"collection": "harbours"})
    assert recipe.collection == Collection(name="harbours", like=(Liked(folder="turner"),))
    assert parse("a --collection one", options={"collection": "two"}).collection == Collection(name="one")


@pytest.mark.parametrize("name", ["../x", "a/b", "..", "", "Harbours", "old harbours", "x" * 61, "a-"])
def test_a_recipe_from_elsewhere_names_no_place(name: str) -> None:
    with pytest.raises(ValidationError):
        Collection(name=name)
    with pytest.raises(ValidationError):
        Liked(folder=name)


def test_names_are_compared_by_their_letters() -> None:
    assert slug("Old Masters (2)") == slug("old_masters-2") == "old-masters-2"
    assert slug("Édouard Manet") == "edouard-manet"
    assert slug("東京") == "東京"
    assert slug("../..") == slug("💚") == ""
