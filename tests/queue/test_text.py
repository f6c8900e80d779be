"""What normalising keeps, and what it takes out."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamqueue.text import MAX_MARKS, clip, normalise, quote


@pytest.mark.parametrize(
    ("typed", "plain"),
    [
        ("  a   hut \n in\ta\r\nblizzard ", "a hut in a blizzard"),
        ("cafe\u0301", "café"),
        ("ﬁne ²", "ﬁne ²"),  # NFC, not NFKC
        ("a\u200bb\u200c\u200d\ufeffc\u00ad", "abc"),
        ("\u202egnp.tac\u202c \u2066x\u2069 \u200fy", "gnp.tac x y"),
        ("a\x00b\x1bc\u2028d", "a b c d"),
        ("a\u3164\u2800b", "a b"),
        ("\ud800a", "a"),
        ("a\ufe0fb", "ab"),
        ("“curly” ‘quotes’", "“curly” ‘quotes’"),
        ("<:pepe:123456789012345678>", "pepe"),
        ("a <a:party_blob:1> b", "a party_blob b"),
        ("<:pe\u200bpe:1>", "pepe"),
        ("", ""),
        ("\u200b", ""),
    ],
)
def test_normalise(typed: str, plain: str) -> None:
    assert normalise(typed) == plain


@pytest.mark.parametrize(
    "emoji",
    ["💚", "❤️", "❤️‍🔥", "👩‍🚀", "👩🏽‍🚀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🏴󠁧󠁢󠁥󠁮󠁧󠁿", "🇩🇪", "1️⃣", "#️⃣", "☎︎", "🧙🏿‍♂️"],
)
def test_emoji_stay_whole(emoji: str) -> None:
    assert normalise(f"Oregon {emoji} | painting") == f"Oregon {emoji} | painting"


def test_zalgo_is_thinned() -> None:
    zalgo = "h" + "\u0336\u0321\u0354\u0329\u0300" * 40 + "ut"
    plain = normalise(zalgo)
    marks = sum(unicodedata.category(character) == "Mn" for character in plain)
    assert marks <= MAX_MARKS
    assert plain[0] in "hḣ"
    assert plain.endswith("ut")


@pytest.mark.parametrize("words", ["Việt Nam", "שָׁלוֹם", "हिन्दी", "ที่นี่", "日本語", "한국어"])
def test_scripts_that_need_marks_keep_them(words: str) -> None:
    assert normalise(words) == unicodedata.normalize("NFC", words)


def test_a_megabyte_of_marks_takes_no_time() -> None:
    assert len(normalise("a" + "\u0301\u0327" * 100_000)) <= 1 + MAX_MARKS


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet=st.characters(exclude_categories=[])))
def test_normalising_twice_changes_nothing(typed: str) -> None:
    plain = normalise(typed)
    assert normalise(plain) == plain
    plain.encode()
    assert plain == " ".join(plain.split())


@pytest.mark.parametrize(
    ("text", "length", "short"),
    [
        ("a hut", 5, "a hut"),
        ("a hut in", 6, "a hut…"),
        ("a hut", 1, "…"),
        ("a hut", 0, ""),
        ("ab 👩‍🚀 x", 5, "ab…"),
        ("ab 👍🏽 x", 5, "ab…"),
    ],
)
def test_clip(text: str, length: int, short: str) -> None:
    assert clip(text, length) == short


def test_quote_cannot_leave_its_backticks() -> None:
    assert quote("`@everyone`") == "'@everyone'"
