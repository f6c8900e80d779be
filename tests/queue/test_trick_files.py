"""Files of tricks: what others have is read, what is lost is said by line, and nothing breaks the readers."""

from __future__ import annotations

import contextlib
import json
import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some

from dreamqueue.errors import TrickError
from dreamqueue.text import normalise
from dreamqueue.tricks import Trick, drafted, read_tricks, starters, write_tricks
from dreamqueue.tricks.drafting import checked
from dreamqueue.tricks.files import KINDS

A1111 = """\ufeffname,prompt,negative_prompt
Glowing Light,"{prompt}, glowing, (soft:1.2) light",noise
,no name here,
-----,,
Old Film,grain <lora:film:0.8>,"colour, sharp"
glowing light,again,
Twice,"{prompt} and {prompt}",
Choice,"a {red,blue} {prompt}",
"Two
lines","first
second",
vray,vray,
"""


def test_what_a1111_keeps() -> None:
    found = read_tricks("styles.csv", A1111.encode())
    assert [(one.name, one.text, one.negative) for one in found.tricks] == [
        ("glowing-light", "{prompt}, glowing, soft light", "noise"),
        ("old-film", "grain", "colour, sharp"),
        ("two-lines", "first second", ""),
        ("vray", "vray", ""),
    ]
    assert found.losses == (
        "line 2: weights in brackets were taken off; the words stay",
        "line 3: no name",
        "line 4: no words",
        "line 5: `<lora:film:0.8>` was left out; flags have `--lora` for it",
        "line 6: `glowing-light` is there twice; the first one was taken",
        "line 7: `{prompt} and {prompt}`: {prompt} stands once in a trick, where the member's words go.",
        "line 8: `a {red,blue} {prompt}`: choices in braces are for prompts; a trick has one text.",
    )


def test_older_and_other_tables() -> None:
    older = read_tricks("styles.csv", b"name,text\nGlow,glowing\n")
    assert [one.text for one in older.tricks] == ["glowing"]
    other = read_tricks("x.csv", b"name;prompt;negative_prompt;mood\nGlow;{prompt}, glowing;noise;good\n")
    assert [one.negative for one in other.tricks] == ["noise"]
    assert other.losses == ("line 2: columns that I do not know were left out: `mood`",)


def test_what_fooocus_keeps() -> None:
    entries = [
        {"name": "sai-glow", "prompt": "{prompt} . glowing, __colour__", "negative_prompt": "noise"},
        {"name": "Half", "prompt": 7},
        "nothing",
        {"prompt": "no name"},
        {"name": "More", "prompt": "more", "negative_prompt": None, "steps": 9},
    ]
    found = read_tricks("sdxl_styles.json", json.dumps(entries).encode())
    assert [(one.name, one.text) for one in found.tricks] == [
        ("sai-glow", "{prompt} . glowing,"),
        ("more", "more"),
    ]
    assert found.losses == (
        "entry 1: a wildcard means nothing here and was left out",
        "entry 2: `prompt` is no text and was left out",
        "entry 2: no words",
        "entry 3: this is no trick: I need a name and a prompt in braces",
        "entry 4: no name",
        "entry 5: `steps` is not known here and was left out",
    )


ALL = (
    drafted(
        "glow", '{prompt}, "glowing", \\ 🌅', negative="noise", flags="--saturation 1", tags="light,soft"
    ),
    drafted("море", "in der Dämmerung, = 7", about="Dusk", parent="glow"),
    drafted("bright", "", flags="--saturation 2"),
)


def test_our_own_file_loses_nothing() -> None:
    everything = (*ALL, *starters().values())
    data, losses = write_tricks("toml", everything)
    found = read_tricks("tricks.toml", data)
    assert (losses, found.losses) == ((), ())
    assert found.tricks == everything


def test_a_slip_in_our_own_file_costs_a_line() -> None:
    text = """
    # of our own
    [glow]  # the first
    text = 'glow\\ing'
    tags = ["light", 'soft',]
    text = unquoted
    mood = "good"
    about = "bad \\q escape"
    [shine
    text = "shining"
    """
    found = read_tricks("tricks.toml", text.encode())
    assert [(one.name, one.text, one.tags) for one in found.tricks] == [
        ("glow", "glow\\ing", ("light", "soft"))
    ]
    assert found.losses == (
        "[glow]: line 6 was not understood and was left out: `text = unquoted`",
        '[glow]: line 7 was not understood and was left out: `mood = "good"`',
        '[glow]: line 8 was not understood and was left out: `about = "bad \\q escape"`',
        "line 9: line 9 was not understood and was left out: `[shine`",
        "line 9: no name",
    )


@pytest.mark.parametrize("kind", KINDS)
def test_words_and_negative_come_back_from_every_file(kind: str) -> None:
    data, losses = write_tricks(kind, ALL[:2])
    found = read_tricks(f"tricks.{kind}", data)
    assert found.losses == ()
    for old, new in zip(ALL, found.tricks, strict=False):
        assert (new.name, new.text.removeprefix("{prompt}, "), new.negative) == (
            old.name,
            old.text.removeprefix("{prompt}, "),
            old.negative,
        )
    if kind != "toml":
        assert losses == ("flags of glow", "description of море", "tags of glow")


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        (
            "styles.csv",
            b"name,prompt\n" + b"x,y\n" * 1_300_000,
            "5.2 MB, and I read files of tricks up to 1 MB",
        ),
        ("styles.csv", b"name,prompt\n" + b'"' + b"x" * 200_000, "broken in line"),
        ("styles.csv", b"a,b\n1,2\n", "has to name its columns"),
        ("styles.csv", b"", "has to name its columns"),
        ("styles.csv", b"\xff\xfe\x00n", "UTF-8"),
        ("deep.json", b"[" * 100_000, "no JSON"),
        ("deep.json", b'{"name":' * 50_000, "no JSON"),
        ("numbers.json", b"9" * 10_000, "no JSON"),
        ("object.json", b'{"a": 1}', "list"),
        ("deep.toml", b"a = " + b"[" * 100_000, "line 1 was not understood"),
        ("deep.toml", b"a." * 100_000 + b"b = 1", "line 1 was not understood"),
        ("picture.png", b"\x89PNG", "UTF-8"),
        ("poem.txt", b"once upon a time", "none of them"),
    ],
)
def test_files_that_cannot_be_read_get_a_sentence(name: str, data: bytes, said: str) -> None:
    assert re.search(said, told(name, data))


def told(name: str, data: bytes) -> str:
    """What is said about a file from which nothing can be taken."""
    try:
        found = read_tricks(name, data)
    except TrickError as error:
        return str(error)
    assert not found.tricks
    return " ".join(found.losses)


def test_thousands_of_rows_are_bounded() -> None:
    rows = "".join(f"trick number {number},words\n" for number in range(1500))
    found = read_tricks("styles.csv", f"name,prompt\n{rows}".encode())
    assert len(found.tricks) == 1000
    assert found.losses == ("line 1002: I read 1,000 tricks of one file; the rest was left out",)


def test_a_file_without_a_telling_name_is_known_by_its_beginning() -> None:
    for kind in ("json", "csv"):
        data, _ = write_tricks(kind, ALL[:1])
        assert read_tricks("message.txt", data).tricks[0].name == "glow"


def holds(name: str, data: bytes) -> None:
    with contextlib.suppress(TrickError):
        found = read_tricks(name, data)
        for trick in found.tricks:
            assert Trick.model_validate_json(trick.model_dump_json()) == trick
            checked(trick)
        for loss in found.losses:
            assert loss == normalise(loss)
            loss.encode()


NAMES = some.sampled_from([f"x.{kind}" for kind in KINDS] + ["x"])


@given(NAMES, some.binary(max_size=300))
@settings(max_examples=40, deadline=None)
def test_no_bytes_break_the_readers(name: str, data: bytes) -> None:
    holds(name, data)


WORDS = some.text(max_size=40) | some.sampled_from(
    ["{prompt}", "--seed 7", "<lora:a:1>", "(a:1.2)", '"', "\u202eabc", "\ud83d", "= 1 +", "a" * 600]
)


@given(some.lists(some.lists(WORDS, max_size=4), max_size=6))
@settings(max_examples=50, deadline=None)
@example([["name", "prompt"], ["\u202e", "x"]])
def test_no_table_breaks_the_readers(rows: list[list[str]]) -> None:
    text = "name,prompt,negative_prompt\n" + "\n".join(",".join(row) for row in rows)
    holds("styles.csv", text.encode("utf-8", "ignore"))


JSON = some.recursive(
    some.none() | some.booleans() | some.floats() | some.integers() | WORDS,
    lambda inner: (
        some.lists(inner, max_size=4)
        | some.dictionaries(
            some.sampled_from(["name", "prompt", "negative_prompt"]) | WORDS, inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(JSON)
@settings(max_examples=40, deadline=None)
def test_no_json_breaks_the_readers(value: object) -> None:
    holds("styles.json", json.dumps(value).encode())


@given(
    some.dictionaries(WORDS, some.dictionaries(some.sampled_from(["text", "flags", "tags"]) | WORDS, WORDS))
)
@settings(max_examples=50, deadline=None)
def test_no_toml_breaks_the_readers(tables: dict[str, dict[str, str]]) -> None:
    lines = [
        line
        for name, table in tables.items()
        for line in (
            f"[{json.dumps(name)}]",
            *(f"{json.dumps(key)} = {json.dumps(value)}" for key, value in table.items()),
        )
    ]
    holds("tricks.toml", "\n".join(lines).encode("utf-8", "ignore"))
