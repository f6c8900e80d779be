"""What is said of a trick in numbers: known answers, and what may not be compared."""

from __future__ import annotations

from itertools import product
from math import sqrt
from statistics import fmean, pstdev

import pytest

from dreamqueue.errors import BadValue, TrickError
from dreamqueue.prompt import Limits, parse, whole_menu
from dreamqueue.trial import Trial
from dreamqueue.tricks import Trick
from dreamqueue.tricks.judges import judge_for
from dreamqueue.tricks.measured import bootstrap, interval, lift, lifts, texts
from dreamqueue.tricks.pairs import added_words, pair
from dreamqueue.tricks.trials import SUBJECTS, subjects_of, to_measure, to_try
from dreamqueue.workers import WorkerCard

TRICK = Trick(name="frost", text="covered in frost", version=3)

MICE = (94, 197, 16, 38, 99, 141, 23)
"""Days that treated mice survived (Efron and Tibshirani 1993, table 2.1): mean 86.86, and a bootstrap
standard error of 23.36 for infinitely many samples (table 2.2)."""


def test_the_mice_of_efron_and_tibshirani() -> None:
    means = bootstrap([MICE], 20_000, seed=1)
    assert fmean(means) == pytest.approx(86.86, abs=0.6)
    assert pstdev(means) == pytest.approx(23.36, rel=0.02)
    assert pstdev(MICE) / sqrt(len(MICE)) == pytest.approx(23.36, abs=0.005)


def test_the_interval_is_that_of_all_resamples_there_are() -> None:
    numbers = (0.0, 1.0, 2.0, 4.0, 8.0)
    every = sorted(fmean(one) for one in product(numbers, repeat=5))
    exact = interval(every)
    found = interval(bootstrap([numbers], 20_000, seed=3))
    assert exact == (0.8, 5.6)
    assert found == pytest.approx(exact, abs=0.21), "a step of the means is 0.2"


def test_the_kth_from_below_and_from_above() -> None:
    ordered = [float(number) for number in range(1, 2000)]
    assert interval(ordered) == (50.0, 1950.0)
    assert interval(ordered, 0.9) == (100.0, 1900.0)
    assert interval([1.0, 2.0, 3.0]) == (1.0, 3.0)


def test_subjects_that_differ_make_it_wider_than_pairs_that_do() -> None:
    alike = lift([[0.0, 0.1, 0.2, 0.3]] * 4)
    apart = lift([[0.0] * 4, [0.1] * 4, [0.2] * 4, [0.3] * 4])
    assert alike.mean == apart.mean == pytest.approx(0.15)
    assert apart.high - apart.low > 1.5 * (alike.high - alike.low)


def test_a_lift_says_how_sure_it_is() -> None:
    same = lift([[0.25, 0.25]] * 3)
    assert (same.mean, same.low, same.high, same.wins, same.pairs) == (0.25, 0.25, 0.25, 6, 6)
    assert same.certain
    assert not lift([[0.25], [0.3]]).certain, "two pairs rise together every other time by chance"
    nothing = lift([[0.0, 0.0]])
    assert (nothing.wins, nothing.certain) == (0, False), "a tie is no win"
    assert lift([[-0.1, 0.1], [0.2, -0.2]]) == lift([[-0.1, 0.1], [0.2, -0.2]])
    assert not lift([[-0.1, 0.1], [0.2, -0.2]]).certain
    for empty in ([], [[0.1], []]):
        with pytest.raises(ValueError, match="a pair of each subject"):
            lift(empty)


def test_each_subject_is_compared_with_itself_and_all_with_the_tricks_words() -> None:
    trial = Trial(kind="test", trick="frost", words="frost", subjects=("a hut", "a cat"), seeds=2)
    assert texts(trial) == ("a hut", "a cat", "frost")
    cosines = [
        *[(0.5, 0.0, 0.1), (0.4, 9.0, 0.3)],  # a hut, first seed: without, with
        *[(0.5, 0.0, 0.1), (0.3, 9.0, 0.4)],
        *[(9.0, 0.2, 0.1), (0.0, 0.3, 0.0)],  # a cat
        *[(9.0, 0.2, 0.1), (0.0, 0.2, 0.2)],
    ]
    subject, style = lifts(trial, cosines)
    assert subject.mean == pytest.approx((-0.1 - 0.2 + 0.1 + 0.0) / 4)
    assert style.mean == pytest.approx((0.2 + 0.3 - 0.1 + 0.1) / 4)
    assert (subject.wins, style.wins, style.pairs) == (1, 3, 4)
    with pytest.raises(ValueError, match="not the similarities"):
        lifts(trial, cosines[:-1])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("vray", "vray"),
        ("{prompt} in the style of Minecraft", "in the style of Minecraft"),
        ("a matte painting of {prompt}", "a matte painting"),
        ("{prompt}, psychedelic surrealism", "psychedelic surrealism"),
        ("a photo of {prompt}, 35 mm", "a photo, 35 mm"),
        ("{prompt}", ""),
        ("", ""),
    ],
)
def test_what_a_trick_adds_in_words(text: str, words: str) -> None:
    assert added_words(text) == words


def test_a_try_is_one_prompt_twice() -> None:
    recipe, trial = to_try(TRICK, "a hut --size 64", {"seed": "5"}, Limits(), whole_menu())
    without, with_ = recipe.variants
    assert (without.label, with_.label) == ("without", "with frost")
    assert [phrase.text for phrase in without.phrases] == ["a hut"]
    assert [phrase.text for phrase in with_.phrases] == ["a hut", "covered in frost"]
    assert (without.seed, with_.seed, recipe.row) == (5, 5, 2)
    assert (without.styles, [style.name for style in with_.styles]) == ((), ["frost"])
    assert (trial.kind, trial.trick, trial.version) == ("try", "frost", 3)


def test_a_test_paints_subjects_and_seeds_without_and_with() -> None:
    recipe, trial = to_measure(TRICK, ("a hut", "a cat"), 2, {"seed": "5"}, Limits(), whole_menu())
    assert [(one.label, one.seed) for one in recipe.variants] == [
        ("a hut, without, seed 5", 5),
        ("a hut, with frost, seed 5", 5),
        ("a hut, without, seed 6", 6),
        ("a hut, with frost, seed 6", 6),
        ("a cat, without, seed 5", 5),
        ("a cat, with frost, seed 5", 5),
        ("a cat, without, seed 6", 6),
        ("a cat, with frost, seed 6", 6),
    ]
    assert recipe.row == 4, "a subject a row"
    assert (trial.subjects, trial.seeds, trial.words) == (("a hut", "a cat"), 2, "covered in frost")
    assert recipe.steps == 120


def test_a_test_has_as_many_steps_as_fit_unless_it_is_told() -> None:
    limits = Limits(max_steps=400)
    recipe, _ = to_measure(TRICK, SUBJECTS, 2, {}, limits, whole_menu())
    assert (recipe.cells, recipe.steps) == (16, 25)
    with pytest.raises(BadValue, match="that is 480 steps in all"):
        to_measure(TRICK, SUBJECTS, 2, {"steps": "30"}, limits, whole_menu())


def test_large_pictures_are_not_painted_by_the_dozen() -> None:
    with pytest.raises(BadValue, match="64 pictures of this size are too much"):
        to_measure(TRICK, [f"{one} hut" for one in "abcdefgh"], 4, {"size": "1024"}, Limits(), whole_menu())


@pytest.mark.parametrize(
    ("subjects", "why"),
    [
        (["a {red,blue} hut"], "no braces"),
        (["a hut --candidates 4"], "no braces, no candidates"),
        (["a hut", "a hut"], "twice"),
        (["a hut", "a cat --size 64"], "flags hold for all"),
    ],
)
def test_what_cannot_be_compared_is_refused(subjects: list[str], why: str) -> None:
    with pytest.raises(BadValue, match=why):
        to_measure(TRICK, subjects, 1, {"seed": "5"}, Limits(), whole_menu())


def test_a_trick_that_changes_no_word_is_refused() -> None:
    with pytest.raises(BadValue, match="changes no word"):
        pair(parse("a hut --seed 1"), parse("a hut --seed 1"))


def test_what_a_trick_brings_along_both_get_and_one_seed() -> None:
    loud = Trick(name="loud", text="loud colours", negative="grey", flags="--saturation 2 --steps 30")
    recipe, _ = to_try(loud, "a hut --size 64", {}, Limits(), whole_menu())
    assert (recipe.saturation, recipe.steps) == (2.0, 30)
    without, with_ = recipe.variants
    assert [(phrase.text, phrase.weight) for phrase in without.phrases] == [("a hut", 1.0)]
    assert [(phrase.text, phrase.weight) for phrase in with_.phrases] == [
        ("a hut", 1.0),
        ("loud colours", 1.0),
        ("grey", -0.5),
    ]
    both = pair(parse("a hut"), parse("a hut --vray"))
    assert both.without.seed == both.trick.seed


def test_subjects_stand_between_bars() -> None:
    assert subjects_of(" a hut | a cat |") == ("a hut", "a cat")
    assert subjects_of("") == SUBJECTS
    with pytest.raises(BadValue, match="9 subjects"):
        subjects_of("|".join("abcdefghi"))


def test_whoever_steered_does_not_judge() -> None:
    def card(*models: str) -> WorkerCard:
        return WorkerCard(name="w", backends=("pixels",), device="cpu", slots=1, models=models)

    menu, both = whole_menu(), card("pocket", "pocket-judge")
    assert judge_for(parse("a hut"), [both], menu) == "pocket-judge"
    assert judge_for(parse("a hut --critic pocket-judge"), [both], menu) == "pocket"
    assert judge_for(parse("a hut --backend diffusion"), [card("pocket")], menu) == "pocket", (
        "it did not steer"
    )
    for recipe, cards in (
        (parse("a hut"), [card("pocket")]),
        (parse("a hut --critic pocket,pocket-judge"), [both]),
        (parse("a hut"), []),
    ):
        with pytest.raises(TrickError, match="Nobody could judge this fairly"):
            judge_for(recipe, cards, menu)
