"""Turns to edit: in order, apart, by what Discord says, and endings first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack

import aiohttp
import pytest
from aiohttp import web

from dreambot.pacing import GAP, MOST_UNDER_WAY, Pace

HERE, THERE = 1, 2


def clock() -> float:
    return asyncio.get_running_loop().time()


async def times(pace: Pace, count: int, channel: int = HERE) -> list[float]:
    """When `count` jobs that ask at once get their turns, counted from now."""
    start = clock()

    async def one() -> float:
        await pace.turn(channel)
        return clock() - start

    return await asyncio.gather(*(one() for _ in range(count)))


async def test_the_first_turn_is_at_once_and_the_next_ones_are_apart() -> None:
    first, second, third = await times(Pace(gap=0.05), 3)
    assert first < 0.04
    assert second - first >= 0.049
    assert third - second >= 0.049


async def test_jobs_in_one_channel_share_its_turns_in_order() -> None:
    pace, order = Pace(gap=0.01), list[str]()

    async def job(name: str) -> None:
        for _ in range(2):
            await pace.turn(HERE)
            order.append(name)

    await asyncio.gather(job("a"), job("b"), job("c"))
    assert order == ["a", "b", "c", "a", "b", "c"]


async def test_channels_do_not_wait_for_each_other() -> None:
    pace = Pace(gap=30.0)
    await asyncio.wait_for(asyncio.gather(pace.turn(HERE), pace.turn(THERE)), 1.0)


async def test_all_channels_together_are_given_no_more_than_discord_takes() -> None:
    pace = Pace(gap=0.0, everywhere=0.01)
    asked = await asyncio.gather(*(times(pace, 2, channel) for channel in range(6)))
    given = sorted(time for each in asked for time in each)
    assert len(given) == 12
    assert given[-1] - given[0] >= 11 * 0.0099


async def test_a_slow_road_is_given_no_more_until_something_arrives() -> None:
    pace = Pace(gap=0.0, everywhere=0.0)
    with ExitStack() as road:
        for channel in range(MOST_UNDER_WAY):
            await pace.turn(channel)
            road.enter_context(pace.listening(channel))
        late = asyncio.create_task(pace.turn(99))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not late.done()
    await asyncio.wait_for(late, 1.0)


async def test_an_end_in_one_channel_goes_before_frames_in_others() -> None:
    pace, order, over = Pace(gap=0.0, everywhere=0.01), list[int](), {5}

    async def job(channel: int) -> None:
        await pace.turn(channel, lambda: channel in over)
        order.append(channel)

    await pace.turn(HERE)
    await asyncio.gather(*(job(channel) for channel in range(6)))
    assert order == [5, 0, 1, 2, 3, 4]


async def test_an_end_goes_before_frames_even_if_it_came_while_waiting() -> None:
    pace, order, over = Pace(gap=0.02), list[str](), list[str]()

    async def job(name: str) -> None:
        await pace.turn(HERE, lambda: name in over)
        order.append(name)

    await pace.turn(HERE)
    jobs = [asyncio.create_task(job(name)) for name in "abc"]
    over.append("c")
    await asyncio.gather(*jobs)
    assert order == ["c", "a", "b"]


async def test_who_gives_up_takes_no_turn() -> None:
    pace = Pace(gap=0.05)
    await pace.turn(HERE)
    quitter = asyncio.create_task(pace.turn(HERE))
    stayer = asyncio.create_task(times(pace, 1))
    await asyncio.sleep(0)
    quitter.cancel()
    [when] = await stayer
    assert when < 0.095


async def test_an_empty_bucket_is_waited_for() -> None:
    pace = Pace(gap=0.01)
    pace.hear(HERE, remaining=0, reset_after=0.15)
    [when] = await times(pace, 1)
    assert when >= 0.149


async def test_news_of_an_empty_bucket_reaches_those_who_wait_already() -> None:
    pace = Pace(gap=0.02)
    await pace.turn(HERE)
    waiting = asyncio.create_task(times(pace, 1))
    await asyncio.sleep(0)
    pace.hear(HERE, remaining=0, reset_after=0.15)
    assert (await waiting)[0] >= 0.149


async def test_a_bucket_that_runs_dry_is_used_more_slowly() -> None:
    pace = Pace(gap=0.01)
    pace.hear(HERE, remaining=1, reset_after=0.2)
    first, second = await times(pace, 2)
    assert first < 0.05
    assert second - first >= 0.099


def test_the_gap_is_what_discord_allows() -> None:
    assert GAP >= 1.05


@pytest.fixture
async def server() -> AsyncIterator[str]:
    """A server that says what it is asked to say in its headers."""

    async def reply(request: web.Request) -> web.Response:
        return web.Response(
            status=int(request.query["status"]),
            headers={name: value for name, value in request.query.items() if name != "status"},
        )

    app = web.Application()
    app.router.add_get("/", reply)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


@pytest.mark.parametrize(
    "said",
    [
        {"status": "200", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "0.2"},
        {"status": "429", "Retry-After": "0.2"},
    ],
)
async def test_headers_are_heard_on_the_wire(server: str, said: dict[str, str]) -> None:
    pace = Pace(gap=0.01)
    async with aiohttp.ClientSession(trace_configs=[pace.trace()]) as session:
        with pace.listening(HERE):
            await session.get(server, params=said)
    assert (await times(pace, 1, THERE))[0] < 0.1
    assert (await times(pace, 1, HERE))[0] > 0.1


async def test_other_requests_and_replies_without_headers_change_nothing(server: str) -> None:
    pace = Pace(gap=0.01)
    empty = {"status": "200", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset-After": "5"}
    async with aiohttp.ClientSession(trace_configs=[pace.trace()]) as session:
        await session.get(server, params=empty)
        with pace.listening(HERE):
            await session.get(server, params={"status": "204"})
    assert (await times(pace, 1))[0] < 0.5
