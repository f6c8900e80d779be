"""Whatever is typed or lies in Redis: durations, halts, sanctions, lists are read or passed over."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dreamqueue.controls import Those
from dreamqueue.errors import BadValue, DreamError
from dreamqueue.halts import of_lane, standing
from dreamqueue.sanctions import LONGEST, Bar, Limit, _read, seconds_of
from dreamqueue.views import JobSeen, _seen

leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
tables = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
)
named = st.dictionaries(
    st.sampled_from(
        ["recipe", "owner", "phrases", "text", "steps", "by", "since", "until", "why", "id", "name"]
    ),
    tables,
    max_size=6,
)
stored = (tables | named).map(lambda value: json.dumps(value).encode()) | st.binary(max_size=20)


@given(st.text(max_size=40) | st.from_regex(r"[0-9]{1,8}[smhdw]?", fullmatch=True))
@example("1" * 40 + "d")
@settings(max_examples=200)
def test_a_duration_is_a_bounded_time_or_a_sentence(typed: str) -> None:
    try:
        seconds = seconds_of(typed)
    except BadValue:
        return
    assert seconds is None or 0 < seconds <= LONGEST.total_seconds()


@given(stored)
@settings(max_examples=200)
def test_halts_and_sanctions_are_read_or_passed_over(raw: bytes) -> None:
    halted = standing({b"all": raw, b"lane:x": raw}, 1.0)
    assert (of_lane(halted, "x-1") is None) == ("all" not in halted)
    for one in (_read(Bar, raw, 1.0), _read(Limit, raw, 1.0)):
        assert one is None or one.until is None or not one.until <= 1.0


@given(stored, stored, stored, stored)
@settings(max_examples=200)
def test_a_list_shows_jobs_of_any_version(job: bytes, held: bytes, turned: bytes, reply: bytes) -> None:
    seen = _seen(b"0", job, b"waiting", b"", b"", held, b"5", turned, reply)
    assert isinstance(seen, JobSeen)


@given(st.text(max_size=12), st.text(max_size=70), st.text(max_size=22))
def test_what_names_no_jobs_is_refused(kind: str, name: str, server: str) -> None:
    try:
        those = Those(kind, name, server)
    except DreamError:
        return
    assert those.kind in ("all", "member", "channel", "lane", "backend", "worker")
    assert those.server.isascii()


@pytest.mark.parametrize("name", ["1\n", "١", "1]"])
def test_numbers_are_plain_ones(name: str) -> None:
    with pytest.raises(DreamError):
        Those("channel", name)
