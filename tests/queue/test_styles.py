"""The style list, and the list that opens while a style is typed."""

from __future__ import annotations

import pytest

from dreamconfig.catalogue import Style
from dreamqueue.prompt import FLAGS, parse, suggest_styles, whole_menu
from dreamqueue.prompt.menu import name_of
from dreamqueue.text import normalise

STYLES = whole_menu().styles


def suggested(typed: str) -> list[str]:
    return [style.name for style in suggest_styles(typed)]


@pytest.mark.parametrize("style", STYLES.values(), ids=STYLES.keys())
def test_every_style_can_be_used(style: Style) -> None:
    assert style.name == name_of(style.name)
    assert style.name not in FLAGS
    assert style.text == normalise(style.text)
    assert style.text.count("{prompt}") <= 1
    assert style.about
    recipe = parse(f"a hut --{style.name}")
    assert recipe.styles[0].name == style.name
    assert any("a hut" in phrase.text for phrase in recipe.phrases)


def test_nothing_typed_shows_the_first_ones() -> None:
    assert suggested("") == list(STYLES)[:25]


def test_prefix_then_substring_then_likeness() -> None:
    assert suggested("paint")[:2] == ["painting", "matte-painting"]
    assert suggested("watercolour")[0] == "watercolor"
    assert suggested("Matte P") == ["matte-painting"]
    assert suggested("qqqqq") == []


def test_after_a_comma_the_last_one_is_completed() -> None:
    assert suggested("vray, water") == ["vray,watercolor"]
    assert "vray,vray" not in suggested("vray,")
    assert suggested("vray,")[0] == "vray,unreal-engine"
    assert (
        parse("a hut", options={"style": suggested("vray, water")[0]}).words == "a watercolor of a hut | vray"
    )


def test_discords_limits() -> None:
    many = {f"style-{number}": Style(name=f"style-{number}", text="x") for number in range(60)}
    assert len(suggest_styles("style", many)) == 25
    typed = ",".join([*many][:14])
    assert all(len(style.name) <= 100 for style in suggest_styles(typed, many))
    assert len(suggest_styles("x" * 6000)) == 0
