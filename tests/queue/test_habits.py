"""What members of other bots type: flags, separators, and what is answered to flags that are not here."""

from __future__ import annotations

import pytest

from dreamqueue.branches import steps_done
from dreamqueue.errors import BadValue
from dreamqueue.job import Finished, Job, Owner, Record
from dreamqueue.prompt import display, parse, render
from dreamqueue.recipe import Recipe
from dreamqueue.turns import longer


def asked(text: str) -> Recipe:
    return parse(text, seed=lambda: 5)


@pytest.mark.parametrize(
    ("typed", "phrases"),
    [
        ("hot:: dog", [("hot", 1), ("dog", 1)]),
        ("space::2 ship", [("space", 2), ("ship", 1)]),
        ("space ::2 ship::-.5", [("space", 2), ("ship", -0.5)]),
        ("vibrant tulip fields:: red::-.5", [("vibrant tulip fields", 1), ("red", -0.5)]),
        ("a :: b", [("a", 1), ("b", 1)]),
        ("fog::2..0 castle", [("fog", ((0.0, 2.0), (1.0, 0.0))), ("castle", 1)]),
        ("a castle; in the clouds | vray", [("a castle", 1), ("in the clouds", 1), ("vray", 1)]),
        ('"hot:: dog" | C++::std x', [("hot:: dog", 1), ("C++::std x", 1)]),
        ("/imagine prompt: a hut --ar 3:2", [("a hut", 1)]),
        (".imagine a hut", [("a hut", 1)]),
        ("I imagine a hut", [("I imagine a hut", 1)]),
        ("a hut --no people, text --iw 2", [("a hut", 1), ("people", -0.5), ("text", -0.5)]),
        ("a {snail,penguin}::2 made of harp", [("a {snail,penguin}", 2), ("made of harp", 1)]),
    ],
)
def test_phrases_and_weights_as_elsewhere(typed: str, phrases: list[tuple[str, object]]) -> None:
    recipe = asked(typed)
    assert [(phrase.text, phrase.weight) for phrase in recipe.phrases] == phrases
    assert asked(render(recipe)) == recipe


@pytest.mark.parametrize(
    ("typed", "quoted", "hint"),
    [
        ("a hut --v 5", "--v", "--backend"),
        ("a hut --v5.2", "--v5.2", "--backend"),
        ("a hut —v 5", "--v", "--backend"),
        ("a hut --version 6", "--version", "--backend"),
        ("a hut --q 2", "--q", "--steps"),
        ("a hut --s 250", "--s", "--style"),
        ("a hut --stylize 250", "--stylize", "--style"),
        ("a hut --chaos 20", "--chaos", "--candidates 9"),
        ("a hut —chaos 20", "--chaos", "--candidates 9"),
        ("a hut --c 20", "--c", "--candidates 9"),
        ("a hut --niji 5", "--niji", "--style"),
        ("a hut --niji", "--niji", "--style"),
        ("a hut --aspect 3:2", "--aspect", "--ar 3:2"),
        ("a hut --w 512 --h 512", "--w", "--size"),
        ("a hut --cfg_scale 7", "--cfg_scale", "--guidance"),
        ("a hut --sref https://example.org", "--sref", "target picture"),
        ("a hut --hd", "--hd", "--hires"),
    ],
)
def test_what_is_not_here_says_what_does_the_same(typed: str, quoted: str, hint: str) -> None:
    with pytest.raises(BadValue, match=hint) as refused:
        asked(typed)
    assert refused.value.quoted == quoted


def test_a_dash_in_a_poem_is_no_flag_of_another_bot() -> None:
    assert asked("the night —fast asleep").words == "the night —fast asleep"


@pytest.mark.parametrize(
    ("typed", "stop", "last"), [("--stop 80", 80, 96), ("--stop 80%", 80, 96), ("--stop 10", 10, 12)]
)
def test_it_stops_at_that_share_of_its_steps(typed: str, stop: int, last: int) -> None:
    recipe = asked(f"a hut --steps 120 {typed}")
    assert (recipe.stop, recipe.last_step, recipe.work) == (stop, last, last)
    assert f"stop {stop}%" in display(recipe)
    assert asked(render(recipe)) == recipe


def test_it_is_all_of_them_without() -> None:
    assert asked("a hut --steps 120 --stop 100") == asked("a hut --steps 120")
    assert asked("a hut --steps 1 --stop 10").last_step == 1


@pytest.mark.parametrize("typed", ["--stop 5", "--stop 101", "--stop 0.8", "--stop soon"])
def test_a_stop_is_ten_to_a_hundred_per_cent(typed: str) -> None:
    with pytest.raises(BadValue, match="10 to 100"):
        asked(f"a hut {typed}")


def test_candidates_are_compared_on_the_way_to_the_stop() -> None:
    recipe = asked("a hut --steps 100 --stop 50 --candidates 4 --trial 20%")
    assert (recipe.trial_steps, recipe.last_step, recipe.work) == (10, 50, 4 * 10 + 40)


def test_one_that_stopped_goes_on_from_there_and_to_the_end() -> None:
    recipe = asked("a hut --steps 100 --stop 80")
    job = Job(id="0" * 12, recipe=recipe, owner=Owner(id="1", name="Ada"), created=0.0)
    record = Record(job=job, state="ended", ending=Finished(picture="p"))
    assert steps_done(record) == 80
    whole = longer(recipe, 80, 100)
    assert (whole.steps, whole.last_step, whole.legs) == (100, 100, ())
    further = longer(recipe, 80, 150)
    assert (further.last_step, [leg.until for leg in further.legs]) == (150, [80])


def test_tile_stands_alone() -> None:
    for typed in ("--tile a hut", "a hut --tile", "a hut --tile --seed 5", "a hut --tile=yes"):
        recipe = asked(typed)
        assert (recipe.tile, recipe.words) == (True, "a hut")
        assert "tile" in display(recipe)
        assert asked(render(recipe)) == recipe
    assert not asked("a hut --tile=no").tile
    with pytest.raises(BadValue, match="takes no value"):
        asked("a hut --tile=both")
    with pytest.raises(BadValue, match="twice"):
        asked("a hut --tile --tile")
