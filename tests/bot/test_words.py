"""What members read, word for word, and that no prompt of theirs can do more than be read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreambot import words
from dreamqueue.events import Frame
from dreamqueue.job import Cancelled, Ending, Expired, Failed, Finished, Job, Owner, Stopped
from dreamqueue.places import Place
from dreamqueue.recipe import Phrase, Recipe

ADA, BO = Owner(id="1", name="Ada"), Owner(id="2", name="Bo_the_*great*")


def job(text: str = "a hut in a blizzard", **recipe: object) -> Job:
    made = Recipe.model_validate(
        {"phrases": (Phrase(text=text),), "preset": "levels", "seed": 7, "steps": 120, **recipe}
    )
    return Job(id="0123456789ab", recipe=made, owner=ADA, created=0.0)


def second(text: str) -> str:
    return text.split("\n")[1]


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (Place(1, 40.0), "waiting, 2nd, about 40 s"),
        (Place(0, 0.0), "waiting, next, any moment now"),
        (Place(0, 12.0), "waiting, next, about 10 s"),
        (Place(10, 200.0), "waiting, 11th, about 3 min"),
        (Place(2, 9000.0), "waiting, 3rd, about 2.5 h"),
        (Place(0, None, halt="held", reason="secret"), "waiting; a moderator holds it"),
        (Place(3, None, halt="paused"), "waiting, 4th; the queue is paused by moderators"),
        (
            Place(3, None, halt="paused", until=90.0, reason="@here *soon*"),
            "waiting, 4th; the queue is paused by moderators · goes on <t:90:R> · \\@\u200bhere \\*soon\\*",
        ),
        (Place(3, None), "waiting, 4th; no worker is awake just now, so it waits for one"),
    ],
)
def test_the_waiting_line(place: Place, line: str) -> None:
    assert second(words.waiting(job(), place)) == line


def test_the_whole_message_while_painting() -> None:
    frame = Frame(job="0123456789ab", step=48, steps=120, score=0.2714, seconds=83.9, image=b"")
    assert words.painting(job(), frame) == (
        "**a hut in a blizzard**\n"
        "`████░░░░░░░░` step 48 of 120 · 1:23 · score 0.271\n"
        "-# pixels/levels · 256×256 · 120 steps · seed 7 · for Ada"
    )


def test_another_worker_is_mentioned_in_small_print() -> None:
    told = words.begun(job(), tries=2).split("\n")
    assert told[-1] == "-# The worker before went away; another began anew."
    assert "another" not in words.begun(job(), tries=1)


def test_a_picture_that_goes_on_says_from_where() -> None:
    state, *_, last = words.begun(job(), tries=2, resumed=60).split("\n")[1:]
    assert state == "`██████░░░░░░` a worker goes on from step 60 of 120"
    assert last == "-# The worker before went away; another goes on from step 60."
    assert "anew" not in words.begun(job(), tries=1, resumed=60)


def test_several_pictures_are_counted() -> None:
    assert " · 9 candidates · " in words.waiting(job(candidates=9), Place(0, 1.0))
    assert " · 4 pictures · " in words.waiting(job("a {red,blue} {hut,barn}"), Place(0, 1.0))
    assert "pictures" not in words.waiting(job("a {red} hut"), Place(0, 1.0))


def test_a_picture_to_begin_with_is_named() -> None:
    assert "from a picture" in words.waiting(job(image="0" * 64), Place(0, 1.0))


def test_how_a_diffusion_samples_is_in_the_small_print() -> None:
    asked = job(
        backend="diffusion",
        preset="pocket",
        image="0" * 64,
        guidance=((0, 9), (1, 4)),
        scheduler="dpmpp-2m",
        strength=0.6,
        loras=({"name": "ink", "weight": 0.5},),
        hires=2,
    )
    assert words.waiting(asked, Place(0, 1.0)).split("\n")[2] == (
        "-# diffusion/pocket · 256×256 · 120 steps · seed 7 · from a picture · guidance 9..4 · "
        "scheduler dpmpp-2m · strength 0.6 · lora ink:0.5 · hires 2 · for Ada"
    )


@pytest.mark.parametrize(
    ("ending", "line"),
    [
        (Finished(picture="x", score=0.31, seconds=41.2), "done in 0:41 · score 0.310"),
        (Stopped(by=ADA, step=30, picture="x"), "stopped at step 30 by Ada"),
        (Cancelled(by=BO), r"cancelled by Bo\_the\_\*great\*"),
        (
            Failed(reason="The worker ran out of memory.", incident="ab12"),
            "failed: The worker ran out of memory. (incident `ab12`)",
        ),
        (
            Failed(reason="@everyone\nis gone"),
            "failed: @\u200beveryone is gone",
        ),
        (Expired(waited=86_400.0), "taken out of the queue: it waited 24.0 h and no worker came"),
    ],
)
def test_each_end_reads_differently(ending: Ending, line: str) -> None:
    assert second(words.ended(job(), ending)) == line


def test_the_seed_is_always_to_be_seen() -> None:
    states = [
        words.waiting(job(seed=4242), Place(0, None)),
        words.begun(job(seed=4242)),
        words.ended(job(seed=4242), Cancelled(by=ADA)),
    ]
    assert all("seed 4242" in state for state in states)


def test_markup_mentions_and_links_are_shown_not_obeyed() -> None:
    shown = words.plain("**@everyone** <@123> [x](https://y.z) `code` ||spoiler|| <t:0:R>")
    assert not re.search(r"(?<!\\)[*<>\[\]()`|]", shown)
    assert "@everyone" not in shown
    assert "://" not in shown


def test_a_long_prompt_is_cut_and_known_to_be() -> None:
    long = job("wind " * 390)
    assert words.is_cut(long.recipe)
    assert not words.is_cut(job().recipe)
    assert "…**" in words.waiting(long, Place(0, 1.0))


@given(st.text(min_size=1, max_size=2000), st.text(min_size=1, max_size=200))
def test_no_text_makes_a_message_too_long(text: str, name: str) -> None:
    owner = Owner(id="1", name=name)
    loud = Job(id="a", recipe=Recipe(phrases=(Phrase(text=text),) * 32), owner=owner, created=0.0, typed=text)
    states = [
        words.waiting(loud, Place(499, None)),
        words.ended(loud, Stopped(by=owner, step=2000, picture="x", score=-0.1)),
        words.ended(loud, Failed(reason=text, incident="00000000")),
    ]
    assert all(0 < len(state) <= 2000 for state in states)
    assert all("seed 0" in state for state in states)


@given(st.text(max_size=300), st.integers(1, 100))
def test_plain_text_keeps_its_limit_and_ends_in_no_half_escape(text: str, limit: int) -> None:
    shown = words.plain(text, limit)
    assert len(shown) <= limit
    assert not re.search(r"(?<!\\)(\\\\)*\\$", shown)


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (22, "22nd"), (113, "113th")],
)
def test_ordinals(number: int, said: str) -> None:
    assert words.ordinal(number) == said


def test_the_bar_is_full_only_at_the_end() -> None:
    assert words.bar(119, 120).count("█") == words.BAR - 1
    assert words.bar(120, 120).count("█") == words.BAR
    assert words.bar(0, 120).count("█") == 0


def test_the_time_left_changes_less_often_than_the_seconds() -> None:
    assert len({words.duration(seconds) for seconds in range(60, 3600)}) <= 61
    assert [words.duration(seconds) for seconds in (5, 8, 29, 34, 59)] == [
        "5 s",
        "10 s",
        "30 s",
        "30 s",
        "60 s",
    ]


def test_what_the_worker_noticed_is_in_small_print() -> None:
    ending = Finished(picture="x", notes=("The prompt is longer than 64 tokens; @everyone", "It is a WebP."))
    lines = words.ended(job(), ending).splitlines()
    assert lines[-2:] == ["-# The prompt is longer than 64 tokens; @\u200beveryone", "-# It is a WebP."]
