"""Log lines say which job they are about, and never a secret."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import threading
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from dreamconfig.settings import BotSettings
from dreamqueue.logs import Hide, JsonLines, Marks, TextLines, about, secrets_of

log = logging.getLogger("tests.logs")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is written as JSON."""
    yield from _written(JsonLines({"worker": "attic"}, Hide(["hush-hush"])))


@pytest.fixture
def read() -> Iterator[io.StringIO]:
    """What is written for people."""
    yield from _written(TextLines("%(about)s%(message)s", Hide()))


def _written(formatter: logging.Formatter) -> Iterator[io.StringIO]:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    handler.addFilter(Marks())
    log.addHandler(handler)
    log.setLevel(logging.DEBUG)
    yield out
    log.removeHandler(handler)


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


async def test_tasks_and_threads_are_about_the_job_that_began_them(written: io.StringIO) -> None:
    async def later() -> None:
        await asyncio.to_thread(log.info, "in a thread")

    with about("aa"):
        task = asyncio.create_task(later())
        with about("bb", "cc"):
            log.info("two at once")
        with about():
            log.info("still one")
    log.info("of nobody")
    await task
    found = {line["message"]: (line.get("job"), line.get("jobs")) for line in lines(written)}
    assert found == {
        "two at once": (None, ["bb", "cc"]),
        "still one": ("aa", None),
        "of nobody": (None, None),
        "in a thread": ("aa", None),
    }


def test_a_line_says_when_who_and_what_broke(written: io.StringIO) -> None:
    try:
        raise ValueError("no\nsuch thing")
    except ValueError:
        log.exception("incident %s", "5ca1ab", extra={"incident": "5ca1ab", "job": "aa"})
    (line,) = lines(written)
    assert str(line["time"]).endswith("+00:00")
    assert (line["level"], line["logger"], line["worker"]) == ("ERROR", "tests.logs", "attic")
    assert (line["job"], line["incident"]) == ("aa", "5ca1ab")
    assert "ValueError: no\nsuch thing" in str(line["exception"])


def test_people_read_the_id_once(read: io.StringIO) -> None:
    with about("aa11"):
        log.info("job %s: its end waits", "aa11")
        log.info("a picture waits")
    with about("aa11", "bb22"):
        log.info("they step alone")
    log.info("nothing to do")
    assert read.getvalue().splitlines() == [
        "job aa11: its end waits",
        "job aa11: a picture waits",
        "jobs aa11, bb22: they step alone",
        "nothing to do",
    ]


def test_secrets_are_hidden_in_messages_traces_and_addresses(written: io.StringIO) -> None:
    try:
        raise OSError("AUTH hush-hush failed")
    except OSError:
        log.exception("with %s", {"password": "hush-hush"})
    log.debug("POST https://discord.com/api/v10/interactions/12/aW50ZXJhY3Rpb246/callback")
    log.debug("event %s", {"t": "INTERACTION_CREATE", "d": {"token": "aW50ZXJhY3Rpb246", "id": "12"}})
    log.debug("%s", json.dumps({"token": "aW50ZXJhY3Rpb246"}))
    text = written.getvalue()
    assert "hush" not in text
    assert "aW50ZXJhY3Rpb246" not in text
    assert len(lines(written)) == 4, "each is still JSON"


def test_secrets_of_settings_are_tokens_and_passwords_but_no_addresses() -> None:
    settings = BotSettings(
        discord_token=SecretStr("MTA.token"), redis_url=SecretStr("rediss://ada:p%40ss-word@valkey:6380/0")
    )
    assert set(secrets_of(settings)) == {"MTA.token", "p%40ss-word", "p@ss-word"}
    assert secrets_of(BotSettings(discord_token=SecretStr(""), redis_url=SecretStr("redis://valkey"))) == []


def test_another_thread_is_about_nothing(written: io.StringIO) -> None:
    with about("aa"):
        thread = threading.Thread(target=log.info, args=("elsewhere",))
        thread.start()
        thread.join()
    (line,) = lines(written)
    assert "job" not in line
