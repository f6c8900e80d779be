"""Blocks, time-outs and limits of members: by server, with an end, kept as long as they are needed."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from tests.queue.on_the_queue import MO

from dreamconfig.settings import QueueSettings
from dreamqueue import halts, keys
from dreamqueue.client import QueueClient
from dreamqueue.errors import BadValue, Barred, QueueDrains
from dreamqueue.job import Cap
from dreamqueue.rights import Share
from dreamqueue.sanctions import Bar, Limit, Standing, forgive, impose, sanctioned, seconds_of, standing_of

HERE, THERE, ADA = "500", "600", "1"


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[QueueClient]:
    client = await QueueClient.connect(QueueSettings(redis_url=SecretStr(redis_url)))
    yield client
    await client.close()


async def ada(client: QueueClient, server: str = HERE) -> Standing:
    return await standing_of(client.redis, server, ADA)


async def test_a_blocked_member_may_not_ask_on_that_server_until_forgiven(client: QueueClient) -> None:
    bar = Bar(by=MO, since=await client.store.now(), why="three warnings.")
    await impose(client.store, HERE, ADA, bar)
    with pytest.raises(Barred) as told:
        (await ada(client)).check()
    assert str(told.value) == (
        "Moderators do not let you ask for pictures here, until a moderator says otherwise. "
        "The reason: three warnings."
    )
    (await ada(client, THERE)).check()
    (await standing_of(client.redis, HERE, "2")).check()
    assert await forgive(client.store, HERE, ADA) == ["bar"]
    assert await forgive(client.store, HERE, ADA) == []
    (await ada(client)).check()


async def test_a_time_out_ends_by_itself_and_leaves_the_list(client: QueueClient) -> None:
    now = await client.store.now()
    await impose(client.store, HERE, ADA, Bar(by=MO, since=now, until=now + 60))
    with pytest.raises(Barred, match=f"until <t:{now + 60:.0f}:f>"):
        (await ada(client)).check()
    await impose(client.store, HERE, ADA, Bar(by=MO, since=now - 60, until=now - 1))
    (await ada(client)).check()
    assert await sanctioned(client.store, HERE) == []
    assert await client.redis.hlen(keys.sanctions(HERE)) == 0  # type: ignore[misc]


async def test_a_block_and_a_limit_stand_side_by_side_the_newest_first(client: QueueClient) -> None:
    limit = Limit(by=MO, since=1.0, waiting=1)
    bar = Bar(by=MO, since=2.0)
    await impose(client.store, HERE, ADA, limit)
    await impose(client.store, HERE, ADA, bar)
    await impose(client.store, HERE, ADA, bar)
    assert await sanctioned(client.store, HERE) == [(ADA, bar), (ADA, limit)]
    standing = await ada(client)
    assert (standing.bar, standing.limit) == (bar, limit)
    assert await forgive(client.store, HERE, ADA) == ["bar", "limit"]


async def test_what_has_no_end_is_kept_while_anybody_asks(client: QueueClient) -> None:
    await impose(client.store, HERE, ADA, Bar(by=MO, since=1.0))
    await client.redis.pexpire(keys.sanctions(HERE), 86_400_000)
    await standing_of(client.redis, HERE, "2")
    assert await client.redis.ttl(keys.sanctions(HERE)) > 80 * 86_400


async def test_a_drained_queue_is_said_at_the_same_look(client: QueueClient) -> None:
    await halts.halt(client.store, halts.DRAIN, MO)
    standing = await ada(client)
    standing.check()
    with pytest.raises(QueueDrains):
        standing.check_open()


@pytest.mark.parametrize(
    ("limit", "waiting", "seconds", "steps"),
    [
        (Limit(by=MO, since=0, waiting=1), 1, 3600, None),
        (Limit(by=MO, since=0, waiting=99, minutes_a_day=10, steps=50), 5, 600, 50),
    ],
)
def test_a_limit_is_narrower_than_the_share_and_never_wider(
    limit: Limit, waiting: int, seconds: float, steps: int | None
) -> None:
    channel = Cap(scope="channel:9", waiting=100)
    share = Share(caps=[Cap(scope="member:1", waiting=5, seconds_a_day=3600), channel], band=1, weight=2.0)
    mine = limit.narrowed(share)
    assert mine.caps == [Cap(scope="member:1", waiting=waiting, seconds_a_day=seconds), channel]
    assert (mine.steps, mine.band, mine.weight) == (steps, 1, 2.0)


@pytest.mark.parametrize(
    ("typed", "seconds"),
    [("2h", 7200), ("3d", 259_200), ("1d 12h", 129_600), ("30min", 1800), (" 1W ", 604_800), ("90s", 90)],
)
def test_durations_as_people_type_them(typed: str, seconds: float) -> None:
    assert seconds_of(typed) == seconds


@pytest.mark.parametrize(
    "typed", ["2", "h", "2 hours", "-1h", "0m", "99999w", "1h;2h", "1" * 100 + "h", "١h"]
)
def test_what_is_no_duration_is_said(typed: str) -> None:
    with pytest.raises(BadValue, match="a time is `30m`"):
        seconds_of(typed)


@pytest.mark.parametrize("typed", ["", "forever", "Permanent "])
def test_no_end(typed: str) -> None:
    assert seconds_of(typed) is None
