"""A member's defaults give way to what they type; an old recipe takes changes and keeps the rest."""

from __future__ import annotations

import pytest

from dreamqueue.errors import PromptError
from dreamqueue.prompt import changed, lean, parse
from dreamqueue.recipe import TargetImage

OWN = {"backend": "pixels", "size": "64x48", "style": "minecraft"}


def facts(text: str, options: dict[str, str] | None = None) -> tuple[str, int, int, list[str]]:
    recipe = lean(text, OWN, options=options)
    return recipe.backend, recipe.width, recipe.height, [style.name for style in recipe.styles]


def test_defaults_fill_in_what_was_not_said() -> None:
    assert facts("a hut") == ("pixels", 64, 48, ["minecraft"])


def test_what_was_typed_wins() -> None:
    assert facts("a hut --size 96x80") == ("pixels", 96, 80, ["minecraft"])
    assert facts("a hut --vray") == ("pixels", 64, 48, ["vray"])
    assert facts("a hut --style vray", {"size": "80x64"}) == ("pixels", 80, 64, ["vray"])
    assert facts("a hut --backend siren")[0] == "siren"


def test_a_default_that_does_not_fit_is_left_out() -> None:
    assert lean("a hut --guidance 7 --backend diffusion", {**OWN, "size": "17x9999"}).backend == "diffusion"
    gone = lean("a hut", {"backend": "gone", "size": "64x48", "style": "gone"})
    assert gone.backend == parse("a hut").backend


def test_words_that_cannot_be_read_are_the_members_own_fault() -> None:
    with pytest.raises(PromptError, match="--steps many"):
        lean("a hut --steps many", OWN)


def test_no_changes_change_the_seed_alone() -> None:
    recipe = parse('a hut:2 | fog:0.5..1 | "a | b" --no people --size 64x48 --steps 50 --tv 2 --seed 7')
    assert changed(recipe, "", seed=lambda: 8) == recipe.model_copy(update={"seed": 8})


def test_flags_replace_flags_and_words_replace_words() -> None:
    recipe = parse("a hut | fog:0.5 --size 64x48 --steps 50 --tv 2 --candidates 4 --seed 7")
    one = changed(recipe, "--steps 20 --seed 3")
    assert one == recipe.model_copy(update={"steps": 20, "seed": 3})
    two = changed(recipe, "a castle --best-of 2")
    assert (two.words, two.tv, two.candidates, two.trial) == ("a castle", 2.0, 2, 1.0)
    assert changed(recipe, "--no fog").words == "a hut | fog:0.5 | fog:-0.5"


def test_another_painter_is_not_told_what_only_the_old_one_knows() -> None:
    recipe = parse("a hut --tv 2 --size 64x64 --steps 50")
    other = changed(recipe, "--backend diffusion")
    assert (other.backend, other.tv) == ("diffusion", None)


def test_its_pictures_stay() -> None:
    recipe = parse("a hut --iw 0.5").model_copy(
        update={"image": "0" * 64, "targets": (TargetImage(key="1" * 64),)}
    )
    other = changed(recipe, "a castle")
    assert (other.image, other.targets, other.image_weight) == (recipe.image, recipe.targets, 0.5)


def test_styles_that_were_expanded_stay_on_record() -> None:
    recipe = parse("a hut --style minecraft")
    other = changed(recipe, "--vray", seed=lambda: recipe.seed)
    assert [style.name for style in other.styles] == ["minecraft", "vray"]
    assert other.words == f"{recipe.words} | vray"
