"""Whatever bytes reach a reader of records: it reads them or says that it cannot, and raises nothing else."""

from __future__ import annotations

import importlib
import io
import json
import pkgutil
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError
from redis.asyncio import Redis
from tests.examples import examples

import dreamqueue
from dreamconfig.rights import Rights, read_rights
from dreamqueue import asks, audit, costs, halts, keys, outlook, overview, store, views, workers
from dreamqueue.course import read_course, write_course
from dreamqueue.errors import BadValue, DreamError, OtherVersion, PictureError, PromptError
from dreamqueue.events import Painted, read_order
from dreamqueue.job import Job, Owner
from dreamqueue.needs import needs_of
from dreamqueue.news import NewsReader
from dreamqueue.png import RECIPE, describe, png_bytes, read_recipe
from dreamqueue.prompt import check, display, parse, parse_turn, render
from dreamqueue.recipe import Recipe
from dreamqueue.rules import Matcher, read_rules, rule_of, spelling, texts_of
from dreamqueue.store import JobStore
from dreamqueue.wire import Wire, arq_loads

FEW = examples(60)

TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["", "peg", "a {p,q} hut", "--seed", "\ud800", "1", "2..0", "-1", "{"]),
)
NUMBERS = st.one_of(
    st.integers(-5, 5),
    st.sampled_from([0.5, 1e308, float("inf"), float("-inf"), float("nan"), 2**63, -(2**64), 10**400]),
)
ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)


class Deep(bytes):
    """Deeper than any reader goes; told in short, since hypothesis writes down what it tries."""

    def __repr__(self) -> str:
        return f"Deep({bytes(self[:5])!r}…)"


DEEP = Deep(b"[" * 100_000)
BYTES = st.one_of(
    st.binary(max_size=40),
    ANYTHING.map(lambda value: json.dumps(value).encode()),
    st.sampled_from([b"", b"null", b"{", b"\xff\xfe", b"NaN", b"1e999", DEEP, Deep(b'{"a":' * 50_000)]),
)

SAMPLE = parse("a hut | fog:0.5 --no people --size 64 --steps 12 --style vray", seed=lambda: 7)
RECORDS: dict[str, Any] = SAMPLE.model_dump(mode="json")
JOB = Job(id="a1", recipe=SAMPLE, owner=Owner(id="1", name="Ada"), created=1.0).model_dump(mode="json")


@st.composite
def damaged(draw: st.DrawFn, whole: dict[str, Any]) -> dict[str, Any]:
    """A record in which fields are missing, or are something else."""
    changed = json.loads(json.dumps(whole))
    for _ in range(draw(st.integers(1, 3))):
        place, names = changed, draw(st.lists(st.sampled_from(sorted(whole)), min_size=1, max_size=1))
        while isinstance(inner := place.get(names[0]), dict) and inner and draw(st.booleans()):
            place, names = inner, [draw(st.sampled_from(sorted(inner)))]
        if draw(st.booleans()):
            place[names[0]] = draw(ANYTHING)
        else:
            place.pop(names[0], None)
    return changed


def wire_records() -> Iterator[type[Wire]]:
    """Every kind of record that is on the wire."""
    for module in pkgutil.walk_packages(dreamqueue.__path__, "dreamqueue."):
        importlib.import_module(module.name)
    pending = [Wire]
    while pending:
        kind = pending.pop()
        pending += kind.__subclasses__()
        if kind.__module__.startswith("dreamqueue."):
            yield kind


@pytest.mark.parametrize("kind", sorted(set(wire_records()), key=lambda kind: kind.__name__))
def test_records_of_the_wire(kind: type[Wire]) -> None:
    names = list(kind.model_fields)

    @examples(12)
    @given(
        st.one_of(BYTES, st.dictionaries(st.sampled_from([*names, "x"]), ANYTHING).map(json.dumps)),
    )
    def read(raw: bytes | str) -> None:
        with suppress(ValidationError):
            record = kind.model_validate_json(raw)
            assert kind.model_validate_json(record.model_dump_json()) == record

    read()


@FEW
@given(damaged(RECORDS))
def test_a_recipe_that_can_be_read_can_be_worked_with(changed: dict[str, Any]) -> None:
    try:
        recipe = Recipe.model_validate_json(json.dumps(changed))
    except ValidationError:
        return
    for work in (check, render, display, texts_of, describe, needs_of_ada):
        with suppress(DreamError):
            work(recipe)


def needs_of_ada(recipe: Recipe) -> object:
    return needs_of(recipe, "1")


FIELDS = st.sampled_from(
    [
        b"job",
        b"state",
        b"tries",
        b"reply",
        b"turned",
        b"checkpoint",
        b"ending",
        b"kept:5",
        b"kept:x",
        b"turn:1",
    ]
) | st.sampled_from([b"resumed", b"worker", b"holder", b"created", b"started", b"order"])
WHOLE = {b"job": json.dumps(JOB).encode(), b"state": b"waiting", b"tries": b"0"}


@FEW
@given(
    st.dictionaries(FIELDS, BYTES, max_size=4),
    st.one_of(st.just(JOB), damaged(JOB)).map(lambda job: json.dumps(job).encode()),
)
def test_records_of_jobs(changes: dict[bytes, bytes], job: bytes) -> None:
    with suppress(ValueError, KeyError, RecursionError):  # what `JobStore.record` makes OtherVersion of
        assert store._record(WHOLE | {b"job": job} | changes).job.id


@FEW
@given(BYTES)
@example(DEEP)
def test_what_others_say(raw: bytes) -> None:
    NewsReader(Redis())._hand_out(raw)
    read_order(raw)
    workers._read(raw)
    costs._read(raw)
    outlook._needs(raw)
    overview._needs("lane", raw, [])
    halts._backends([], [raw])
    assert views._seen(b"a1", raw, b"waiting", *[raw] * 6).id == "a1"
    with suppress(ValueError):
        assert isinstance(arq_loads(raw), dict)


@FEW
@given(
    BYTES,
    st.one_of(
        BYTES,
        st.dictionaries(st.sampled_from(["step", "steps"]), ANYTHING).map(lambda v: json.dumps(v).encode()),
    ),
)
def test_how_far_paintings_are(raw: bytes, head: bytes) -> None:
    seconds = outlook._rest(60.0, 10_000, 1000.0, b"9000", head)
    assert seconds >= 0
    outlook.expected_again([one for one in [outlook._came(raw)] if one is not None], 10_000)
    seen = overview._painting("a1", [raw, head, raw, raw, None], 3.0)
    assert seen.step >= 0


@FEW
@given(st.dictionaries(st.sampled_from(["at", "band", "lead", "lane", "cost"]), ANYTHING))
def test_what_came_of_late(came: dict[str, Any]) -> None:
    one = outlook._came(json.dumps(came).encode())
    if one is not None:
        outlook.expected_again([one], 10_000)


def png_with(kind: bytes, body: bytes) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "PNG")
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return out.getvalue()[:33] + chunk + out.getvalue()[33:]


@FEW
@given(
    st.one_of(BYTES, damaged(RECORDS).map(lambda changed: json.dumps(changed).encode())),
    st.sampled_from(["iTXt", "zTXt", "tEXt", "eXIf"]),
)
def test_recipes_in_pictures(raw: bytes, kind: str) -> None:
    name = RECIPE.encode()
    bodies = {
        "iTXt": name + b"\0\1\0\0\0" + zlib.compress(raw),
        "zTXt": name + b"\0\0" + zlib.compress(raw),
        "tEXt": name + b"\0" + raw,
        "eXIf": raw,
    }
    with suppress(PictureError):
        assert read_recipe(png_with(kind.encode(), bodies[kind])).phrases


def test_a_recipe_in_a_picture_is_read_back() -> None:
    assert read_recipe(png_bytes(Image.new("RGB", (4, 4)), SAMPLE)) == SAMPLE


@FEW
@given(st.binary(max_size=300), st.integers(0, 400))
def test_pictures_with_recipes_that_are_damaged(noise: bytes, at: int) -> None:
    whole = png_bytes(Image.new("RGB", (4, 4)), SAMPLE)
    with suppress(PictureError):
        read_recipe(whole[:at] + noise + whole[at + len(noise) :])


@FEW
@given(st.text(alphabet="0123456789.,@%-+e…−–tx ", max_size=24))
def test_courses(typed: str) -> None:
    course = read_course(typed)
    if course is not None:
        with suppress(OverflowError):  # 1e999 is a number that no course may have
            assert read_course(write_course(course)) == course


@FEW
@given(
    st.lists(
        TEXTS | st.sampled_from(["|", ";", ":", "--style vray", "--no", "--steps 5", "::2", '"']), max_size=6
    )
)
def test_turns(bits: list[str]) -> None:
    with suppress(PromptError):
        assert parse_turn(" ".join(bits))


TOML = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.builds(
            "{} = {}".format,
            st.sampled_from(
                ["waiting", "band", "roles", "rules", "words", "a.b", "everyone", "panel", "channels"]
            ),
            st.sampled_from(
                ["1", "-1", "'x'", "[1, 'x']", "{a = 1}", "1e999", "nan", "true", "1979-05-27", "[[]]"]
            ),
        )
        | st.sampled_from(
            [
                "[everyone]",
                "[roles.x]",
                "[channels.x]",
                "[[rules]]",
                "[moderators]",
                "[asking]",
                "[servers.1.2]",
            ]
        ),
        max_size=6,
    ).map("\n".join),
)


@FEW
@given(st.one_of(TOML.map(lambda text: text.encode(errors="surrogatepass")), st.binary(max_size=30)))
def test_files_of_operators(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    file = Path(tmp_path_factory.getbasetemp()) / "fuzzed.toml"
    file.write_bytes(raw)
    for read in (read_rights, read_rules):
        try:
            found: object = read(file)
        except ValueError as error:
            found = str(error)
        assert isinstance(found, Rights | tuple) or str(found).startswith("DREAM_"), "it names the setting"


WORDS = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(["peg", "p3g", "реg", "-", "'", "🇵🇪🇬", "\u0301", "leg", "〇〇", "a p"]),
    ),
    max_size=8,
).map(" ".join)
RULES = Matcher(
    [
        rule_of("word", "peg"),
        rule_of("phrase", "peg leg"),
        rule_of("regex", "p+x"),
        rule_of("allow", "fine peg"),
    ]
)


@examples(120)
@given(WORDS, WORDS)
def test_rules_on_any_text(text: str, around: str) -> None:
    found = {rule.name for rule in RULES.broken_by(text)}
    assert found <= {rule.name for rule in RULES.rules}
    assert "word:peg" in {rule.name for rule in RULES.broken_by(f"{around}: | peg | {text}")}
    for kind in ("word", "phrase", "allow", "regex"):
        with suppress(BadValue):
            rule = rule_of(kind, text)
            again = rule_of(kind, rule.text)
            assert again == rule, "a rule that is written down is the same rule"
            if kind in ("word", "phrase"):
                assert Matcher([rule]).broken_by(text), "a rule finds its own text"


@examples(200)
@given(
    st.text(alphabet=st.characters(max_codepoint=127), max_size=30)
    | st.sampled_from(["p-eg's", "a--b", "-a-"])
)
def test_plain_letters_are_read_as_all_others_are(text: str) -> None:
    others = "\u0431"  # is neither ASCII nor taken for it
    assert spelling.words(spelling.plain(f"{text} {others}")) == [
        *spelling.words(spelling.plain(text)),
        others,
    ]


async def test_what_lies_damaged_in_redis_is_passed_over(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        jobs = JobStore(redis)
        await redis.hset(keys.record("a1"), mapping={"job": DEEP, "state": "waiting", "tries": "0"})  # type: ignore[misc]
        await redis.hset(keys.record("a2"), mapping={"job": json.dumps(JOB), "checkpoint": "{"})  # type: ignore[misc]
        for job in ("a1", "a2"):
            with pytest.raises(OtherVersion):
                await jobs.record(job)
        assert await jobs.checkpoint("a2") is None
        for fields in ({"head": "[]", "image": b"x"}, {"head": '{"job": 1}', "image": b"x"}, {"x": "y"}):
            await redis.xadd(keys.frame("a1"), fields, maxlen=1, approximate=False)
            assert await jobs.newest_frame("a1") is None
        await redis.hset(keys.ASKED, mapping={b"\xff": b"{", b"2": b"\xff"})  # type: ignore[misc]
        assert await asks.left_behind(redis) == []
        assert await redis.hlen(keys.ASKED) == 0  # type: ignore[misc]
        for fields in ({"deed": "{"}, {"x": "y"}, {"deed": "[]"}, {"deed": DEEP}):
            await redis.xadd(keys.AUDIT, fields)
        await audit.keep(redis, audit.Deed(action="queue.pause", by=Owner(id="7", name="Mo")))
        assert [deed.action for deed in await audit.newest(redis)] == ["queue.pause"]


async def test_an_ask_that_comes_twice_keeps_its_job(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        moment = float((await redis.time())[0])
        one = asks.Ask(interaction=5, application=1, token="t", job="a1", asked=moment)
        assert await asks.note(redis, one)
        assert not await asks.note(redis, one.model_copy(update={"job": "b2"}))
        assert [ask.job for ask in await asks.left_behind(redis)] == ["a1"]


async def test_news_that_cannot_be_read_keep_nobody_from_those_that_follow(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        reader = NewsReader(redis)
        box = await reader.open("a1")
        for news in ({"x": "y"}, {"news": "{"}, {"news": Painted(job="a1", step=5).model_dump_json()}):
            await redis.xadd(keys.NEWS, news)
        assert await box.get(5) == Painted(job="a1", step=5)
        await reader.stop()
