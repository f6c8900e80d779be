"""Word rules: what they find however it is spelled, and above all what they leave alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.errors import BadValue
from dreamqueue.job import Owner
from dreamqueue.prompt import parse
from dreamqueue.rules import Matcher, Rule, RuleStore, read_rules, rule_of, spelling, texts_of
from dreamqueue.rules.matcher import LONGEST_TEXT
from dreamqueue.rules.store import REMEMBERED, REMEMBERED_MS

MO = Owner(id="7", name="Mo")


def matcher(*words: str, allow: tuple[str, ...] = (), regexes: tuple[str, ...] = ()) -> Matcher:
    kinds = [
        *(("phrase" if " " in word else "word", word) for word in words),
        *(("allow", word) for word in allow),
        *(("regex", pattern) for pattern in regexes),
    ]
    return Matcher(rule_of(kind, text) for kind, text in kinds)


RULES = matcher("peg", "trans", "cutting", "peg leg", "scunthorpe united")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "peg",
            "a PEG in the wall",
            "peg, in a wall",
            "(peg)",
            "peg:0.5 | wall",
            "_peg_",
            "“peg”",
            "peg!now",
        ),
        *(
            "p\u200be\u00adg",
            "p\u202eeg",
            "p\u0336e\u0336g\u0336",
            "pég",
            "pe\u0301g",
            "ｐｅｇ",
            "𝓹𝓮𝓰",
            "ⓟⓔⓖ",
        ),
        *("реg", "pеg", "ρεg", "ᴘᴇɢ", "peɡ", "🅿🅴🅶", "🇵🇪🇬", "p3g", "P3G"),
        *(
            "p e g",
            "p.e.g",
            "p-e-g",
            "p - e - g",
            "p e g of wood",
            "a p e g",
            "p-eg",
            "p\ne\tg",
            "реg in Москва",
        ),
        *("Peg Leg", "peg  leg", "peg\nleg", "a peg-leg", "scunthorpe, united"),
    ],
)
def test_found_however_it_is_spelled(text: str) -> None:
    assert RULES.broken_by(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "pegboard",
            "transparent",
            "cutting-edge",
            "a cutting‑edge transparent pegboard",
            "pegs",
            "Pegasus",
        ),
        *("peg's", "translate", "transcendent", "scunthorpe", "united", "leg", "p", "p e", "e g p", "px3gx"),
        *("в перг", "Транс в Москве", "9peg9", "h2o 4k 1080p", "", "🐴", "pe\u20e3", "\u0301\u0301"),
        *("a|b|c|d", "--peg-weight", "ペグ", "हिन्दी पेग", "العربية", "spεgz"),
    ],
)
def test_left_alone(text: str) -> None:
    assert RULES.broken_by(text) == []


def test_russian_is_not_taken_for_latin_but_lone_letters_that_pass_for_it_are() -> None:
    rules = matcher("cop", "mama")
    assert not rules.broken_by("сор и мама, лес")
    assert rules.broken_by("сор")
    assert rules.broken_by("a сор in the rain")
    assert matcher("лес").broken_by("сор и Лес")


def test_digits_at_an_edge_are_numbers() -> None:
    rules = matcher("ass", "ed", "shit", "ist")
    assert not rules.broken_by("an Audi a55, in 3d, the 1st")
    assert rules.broken_by("sh1t")
    assert rules.broken_by("sh!t")


def test_what_is_allowed_is_taken_out_first_and_exactly() -> None:
    rules = matcher("peg", "schwul", allow=("peg solitaire", "peg leg joe", "peg leg", "schwül"))
    assert not rules.broken_by("Peg  Solitaire on a table")
    assert not rules.broken_by("peg solitaire peg leg joe, a peg leg: schwül")
    for text in (
        "peg solitaires",
        "peg solitaire and a peg",
        "peg",
        "peg | solitaire peg",
        "schwul",
        "peg leggy",
    ):
        assert rules.broken_by(text), text
    joined = matcher("peg leg", "peg", allow=("middle",))
    assert not joined.broken_by("leg middle wall")
    assert not matcher("peg leg", allow=("middle",)).broken_by("peg middle leg"), (
        "nothing new comes of what is left"
    )


def test_regular_expressions_see_signs_and_both_spellings() -> None:
    rules = matcher(regexes=(r"\bpe+g\b", r"discord\.gg/\w+", "привет", r"\d{4}-\d{4}"))
    assert [rule.text for rule in rules.broken_by("PEEEEG")] == [r"\bpe+g\b"]
    assert [rule.text for rule in rules.broken_by("at Discord.gg/abc")] == [r"discord\.gg/\w+"]
    assert rules.broken_by("Привет!")
    assert rules.broken_by("рееg")
    assert rules.broken_by("call 1234-5678")
    assert not rules.broken_by("pegboard", "a hut")
    assert not matcher(regexes=("peg",), allow=("pegboard",)).broken_by("pegboard")


@pytest.mark.parametrize(
    ("kind", "text", "why"),
    [
        ("word", "", "no word in it"),
        ("word", "!!", "no word in it"),
        ("word", "\u200b", "no word in it"),
        ("word", "two words", "phrase"),
        ("phrase", "x" * 201, "200 characters"),
        ("regex", "(", "RE2"),
        ("regex", "(?=a)", "RE2"),
        ("regex", r"\pL{300}", "RE2"),
        ("regex", "x{9999}", "RE2"),
        ("regex", "((a{100}){100}){100}", "RE2"),
        ("regex", "\ud800", "RE2"),
        ("regex", "x" * 201, "200 characters"),
        ("regex", "a*", "every text"),
        ("regex", "", "every text"),
        ("allow", "…", "no word in it"),
    ],
)
def test_what_can_be_no_rule_is_answered(kind: str, text: str, why: str) -> None:
    with pytest.raises(BadValue, match=why) as refused:
        rule_of(kind, text)
    str(refused.value).encode()


def test_a_rule_that_takes_other_engines_for_ever_takes_this_one_no_time() -> None:
    rules = matcher(
        *(f"word{number}" for number in range(1000)),
        *(f"some words {number}" for number in range(500)),
        regexes=("(a*)*b$", "(a|aa)+c$", "(x+x+)+y", *(f"(a|b)*{letter}(a|b){{9}}z" for letter in "ab" * 10)),
        allow=tuple(f"fine {number}" for number in range(200)),
    )
    assert rules.broken_by("a" * 100_000) == []
    assert rules.broken_by("a \u0301🅿-'" * 20_000) == []
    assert [rule.text for rule in rules.broken_by("ab " * 5_000 + "word999")] == ["word999"]


def test_every_picture_of_a_grid_is_looked_at() -> None:
    assert RULES.broken_by(*texts_of(parse("a {p,q}eg --steps 10")))
    assert RULES.broken_by(*texts_of(parse("a hut --no peg")))
    assert not RULES.broken_by(*texts_of(parse("a {red,blue} pegboard --style vray")))


async def test_moderators_add_and_remove_rules_and_every_bot_sees_it(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        one, other = (RuleStore(redis, [rule_of("word", "file")]) for _ in range(2))
        assert not (await one.matcher()).broken_by("a peg")
        before = await other.matcher()
        await one.add(rule_of("word", "PEG", reason="no pegs", by=MO))
        assert await other.matcher() is not before
        (found,) = (await other.matcher()).broken_by("a peg")
        assert (found.name, found.reason, found.by) == ("word:peg", "no pegs", MO)
        assert found.added > 0
        assert await other.matcher() is await other.matcher(), "it is read once"
        await one.add(rule_of("word", "peg", reason="other"))
        assert [rule.reason for rule in await other.rules()] == ["", "other"]
        assert await other.remove("word:peg")
        assert not await one.remove("word:peg")
        assert not (await one.matcher()).broken_by("a peg")
        with pytest.raises(BadValue, match="DREAM_WORD_RULES"):
            await one.remove("word:file")
        assert not await one.remove("version")
        assert await redis.pttl(keys.RULES) > 0


async def test_a_rule_of_another_version_does_not_undo_the_others(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        store = RuleStore(redis)
        await store.add(rule_of("word", "peg"))
        await redis.hset(keys.RULES, "word:x", '{"kind": "spell"}')  # type: ignore[misc]
        await redis.hset(keys.RULES, "regex:(", Rule(kind="regex", text="(").model_dump_json())  # type: ignore[misc]
        assert (await RuleStore(redis).matcher()).broken_by("a peg")


async def test_a_rule_is_tried_on_what_was_typed_of_late(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        store = RuleStore(redis)
        await store.add(rule_of("allow", "peg solitaire"))
        for member, text in (("1", "a peg"), ("2", "pegboard"), ("1", "Peg Solitaire"), ("3", "p e g")):
            await store.note(member, text)
        trial = await store.try_out(rule_of("word", "peg"))
        assert (trial.texts, trial.members) == (4, 2)
        assert [typed.text for typed in trial.broken] == ["p e g", "a peg"]
        assert (await store.rules())[0].kind == "allow"
        assert len(await store.rules()) == 1, "it was only tried"
        assert await store.forget("1") == 2
        assert [typed.text for typed in await store.recent()] == ["p e g", "pegboard"]


async def test_little_is_remembered_and_not_for_long(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        seconds, _ = await redis.time()
        old = int(seconds) * 1000 - REMEMBERED_MS - 60_000
        await redis.xadd(keys.TYPED, {"typed": '{"member": "1", "text": "old"}'}, id=f"{old}-0")
        await redis.xadd(keys.TYPED, {"typed": "?"})
        store = RuleStore(redis)
        await store.note("1", "x" * 1_000_000)
        (typed,) = await store.recent()
        assert len(typed.text) == 20_000
        async with redis.pipeline() as pipe:
            for _ in range(REMEMBERED):
                pipe.xadd(keys.TYPED, {"typed": "?"})
            await pipe.execute()
        await store.note("1", "new")
        assert await redis.xlen(keys.TYPED) == REMEMBERED
        assert 0 < await redis.pttl(keys.TYPED) <= REMEMBERED_MS


def test_a_file_of_rules(tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    file.write_text(
        "[[rules]]\nwords = ['Peg']\nphrases = ['peg  leg']\nregexes = ['pe+g']\nreason = 'no'\n"
        "action = 'tell'\n"
        "[[rules]]\nallow = ['peg solitaire']\n"
    )
    rules = read_rules(file)
    assert [rule.name for rule in rules] == [
        "word:peg",
        "phrase:peg leg",
        "regex:pe+g",
        "allow:peg solitaire",
    ]
    assert {(rule.reason, rule.action, rule.by) for rule in rules[:3]} == {("no", "tell", None)}
    assert read_rules(None) == ()


@pytest.mark.parametrize("letter", ["\ufdfa", "\ufdfb", "㌀", "ﬃ", "ß", "a", "\U0001f12a"])
def test_letters_that_become_many_make_no_work_and_hide_nothing(letter: str) -> None:
    text = letter * 5990 + " peg"
    assert len(spelling.plain(spelling.bounded(text, LONGEST_TEXT))) <= LONGEST_TEXT
    assert [rule.name for rule in RULES.broken_by(text)] == ["word:peg"]
    assert spelling.bounded(letter * 1000, LONGEST_TEXT) == letter * 1000, (
        "a few of them are read as they are"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[[rules]]\nword = ['peg']", "word"),
        ("[[rules]]\nwords = 'peg'", "words"),
        ("[[rules]]\nregexes = ['(']", "RE2"),
        ("[[rules]]\nwords = ['a b']", "phrase"),
        ("rules = 3", "rules"),
        ("[[", "no TOML"),
        ("[[rules]]\naction = 'explode'", "action"),
        (b"\xff\xfe", "no TOML"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_is_wrong_says_where(tmp_path: Path, text: Any, why: str) -> None:
    file = tmp_path / "words.toml"
    if isinstance(text, bytes):
        file.write_bytes(text)
    elif text is not None:
        file.write_text(text)
    with pytest.raises(ValueError, match=why) as refused:
        read_rules(file)
    assert "DREAM_WORD_RULES" in str(refused.value)
