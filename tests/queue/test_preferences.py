"""What members set, and what open dialogs are about: kept, renewed, forgotten, and nobody else's to read."""

from __future__ import annotations

import asyncio

import pytest
from redis.asyncio import Redis
from tests.queue.on_the_queue import Forgetful

from dreamqueue import asks, keys, once, open_dialogs, preferences
from dreamqueue.asks import Ask
from dreamqueue.errors import TooLate
from dreamqueue.open_dialogs import Start
from dreamqueue.preferences import Preferences
from dreamqueue.store import SEASON_MS


@pytest.fixture
async def redis(redis_url: str):  # type: ignore[no-untyped-def]
    async with Redis.from_url(redis_url) as connection:
        yield connection


async def test_what_is_sent_again_because_its_answer_was_lost_is_no_second_press(redis_url: str) -> None:
    async with Forgetful.from_url(redis_url) as forgetful:
        assert await once.first(forgetful, "one", "vary", "a1", "1") == "one", "it was itself"
        assert await once.first(forgetful, "another", "vary", "a1", "1") == "one", "that is a second one"
        ask = Ask(interaction=1, application=2, token="t", job="a1", asked=0.0)
        assert await asks.note(forgetful, ask)
        assert not await asks.note(forgetful, ask.model_copy(update={"job": "b2"}))


async def test_each_use_keeps_them_for_another_season(redis: Redis) -> None:
    own = Preferences(size="64x48", ping=True)
    await preferences.write(redis, "1", own)
    await redis.pexpire(keys.preferences("1"), 5000)
    assert await preferences.read(redis, "1") == own
    assert await redis.pttl(keys.preferences("1")) > SEASON_MS - 60_000
    assert await preferences.read(redis, "2") == Preferences()
    assert await preferences.forget(redis, "1")
    assert await preferences.read(redis, "1") == Preferences()


async def test_two_changes_at_once_both_hold(redis: Redis) -> None:
    changes = [{"size": "64x48"}, {"ping": True}, {"style": "vray"}, {"language": "de"}]
    await asyncio.gather(*(preferences.change(redis, "1", **fields) for fields in changes))  # type: ignore[arg-type]
    found = await preferences.read(redis, "1")
    assert found == Preferences(size="64x48", ping=True, style="vray", language="de")


async def test_what_another_version_wrote_is_as_usual(redis: Redis) -> None:
    await redis.set(keys.preferences("1"), '{"colour": "red"}')
    assert await preferences.read(redis, "1") == Preferences()


async def test_an_open_dialog_is_its_members_alone(redis: Redis) -> None:
    start = Start(member="1", url="https://example.invalid/a.png", size=1, kind="image/png")
    name = await open_dialogs.note(redis, start)
    assert await open_dialogs.read(redis, name, "1") == start
    with pytest.raises(TooLate):
        await open_dialogs.read(redis, name, "2")
    with pytest.raises(TooLate):
        await open_dialogs.read(redis, "0" * 16, "1")
    await redis.set(keys.open_dialog("of-another-version"), '{"member": "1", "place": 7}')
    with pytest.raises(TooLate):
        await open_dialogs.read(redis, "of-another-version", "1")
    assert 0 < await redis.pttl(keys.open_dialog(name)) <= open_dialogs.LIFE_MS
