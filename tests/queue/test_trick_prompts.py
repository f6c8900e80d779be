"""Tricks in prompts: by name, stacked, with what they bring along, and after they were renamed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from dreamconfig.catalogue import Style
from dreamqueue.errors import BadValue, UnknownWord
from dreamqueue.job import Owner
from dreamqueue.prompt import Menu, parse, parse_turn, suggest_styles, whole_menu
from dreamqueue.recipe import Recipe, UsedStyle
from dreamqueue.tricks import TrickShelf, TrickStore, drafted
from dreamqueue.tricks.drafting import edited

ADA = Owner(id="1", name="Ada")
GLOW = Style(
    name="glow", text="{prompt}, glowing", negative="noise, grain", flags="--saturation 1 --steps 50"
)
SHINE = Style(name="shine", text="shining", negative="noise, grain", flags="--saturation 2", version=3)
SLOW = Style(name="slow", text="", flags="--steps 90 --guidance 9")


def menu(*styles: Style, **renamed: str) -> Menu:
    return whole_menu(None, {**whole_menu().styles, **{style.name: style for style in styles}}, renamed)


MENU = menu(GLOW, SHINE, SLOW, brightness="glow")


def painted(text: str, **options: str) -> Recipe:
    return parse(text, menu=MENU, options=options, seed=lambda: 1)


def test_words_negative_and_flags_come_along() -> None:
    recipe = painted("a hut --glow")
    assert recipe.words == "a hut, glowing | noise, grain:-0.5"
    assert (recipe.saturation, recipe.steps) == (1, 50)
    assert recipe.styles == (
        UsedStyle(
            name="glow",
            text="{prompt}, glowing",
            negative="noise, grain",
            flags="--saturation 1 --steps 50",
        ),
    )


def test_several_stack_and_the_later_ones_flags_count() -> None:
    recipe = painted("a hut --glow --shine --watercolor")
    assert recipe.words == "a watercolor of a hut, glowing | shining | noise, grain:-0.5"
    assert (recipe.saturation, recipe.steps) == (2, 50)
    assert [(one.name, one.version) for one in recipe.styles] == [
        ("glow", 1),
        ("shine", 3),
        ("watercolor", 1),
    ]


def test_what_is_typed_wins() -> None:
    assert painted("a hut --steps 7 --glow").steps == 7
    assert painted("a hut --glow", steps="8").steps == 8
    assert painted("a hut", style="glow", saturation="-1").saturation == -1


def test_what_a_painter_does_not_know_is_said_with_the_tricks_name() -> None:
    assert painted("a hut --slow --backend diffusion").guidance == 9
    with pytest.raises(BadValue, match=r"`--guidance 9 \(of --slow\)`: this is for diffusion"):
        painted("a hut --slow --backend pixels")


def test_an_old_name_goes_on_working() -> None:
    assert painted("a hut --brightness").styles[0].name == "glow"
    assert painted("a hut", style="Brightness, glow").words == "a hut, glowing | noise, grain:-0.5"
    assert "brightness" not in [style.name for style in suggest_styles("bright", MENU.styles)]


def test_a_misspelt_one_is_asked_about() -> None:
    with pytest.raises(UnknownWord, match="Did you mean `--shine`"):
        painted("a hut --shien")
    with pytest.raises(UnknownWord, match="Did you mean `--shine`"):
        painted("a hut —shien")
    with pytest.raises(UnknownWord, match="Did you mean `shine`"):
        painted("a hut", style="shien")


def test_on_the_way_only_its_words_can_change() -> None:
    assert [
        phrase.text
        for phrase in parse_turn("a mill --shine", menu=menu(SHINE.model_copy(update={"flags": ""})))
    ]
    with pytest.raises(BadValue, match="only the words"):
        parse_turn("a mill --shine", menu=MENU)


@pytest.fixture
async def tricks(redis_url: str) -> AsyncIterator[TrickStore]:
    async with Redis.from_url(redis_url) as redis:
        yield TrickStore(redis)


async def test_the_shelf_knows_what_others_did(tricks: TrickStore) -> None:
    shelf = TrickShelf()
    assert list(shelf.menu().styles) == list(whole_menu().styles)
    shared = await tricks.put(drafted("glow", "{prompt}, glowing", author=ADA))
    assert await shelf.refresh(tricks)
    assert not await shelf.refresh(tricks)
    old = parse("a hut --glow", menu=shelf.menu())
    await tricks.put(edited(shared, text="{prompt}, glimmering"))
    await shelf.refresh(tricks)
    new = parse("a hut --glow", menu=shelf.menu())
    assert [recipe.styles[0].version for recipe in (old, new)] == [1, 2]
    assert [recipe.styles[0].text for recipe in (old, new)] == ["{prompt}, glowing", "{prompt}, glimmering"]
    assert Recipe.model_validate_json(old.model_dump_json()).words == "a hut, glowing"
    await tricks.rename("glow", "glimmer")
    await shelf.refresh(tricks)
    assert parse("a hut --glow", menu=shelf.menu()).styles[0].name == "glimmer"
    await tricks.hide("glimmer")
    await tricks.hide("vray")
    await shelf.refresh(tricks)
    for gone in ("glow", "glimmer", "vray"):
        with pytest.raises(UnknownWord):
            parse(f"a hut --{gone}", menu=shelf.menu())
    assert shelf.find("glow").name == "glimmer"
