"""What jobs cost is learnt from what they took, whoever painted them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from math import exp
from random import Random

import pytest
from redis.asyncio import Redis

from dreamconfig.catalogue import backends
from dreamqueue import keys
from dreamqueue.costs import DAYS, MOST_KINDS, cost, learn
from dreamqueue.pace import Company, Pace
from dreamqueue.recipe import Phrase, Recipe

PIXELS = Recipe(phrases=(Phrase(text="a hut"),), backend="pixels", preset="levels")


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


def sized(side: int, **changes: object) -> Recipe:
    return PIXELS.model_copy(update={"width": side, "height": side, **changes})


async def test_first_it_is_the_catalogue_s_guess(redis: Redis) -> None:
    known = await cost(redis, PIXELS)
    assert known.of(1000) == pytest.approx(1000 * backends()["pixels"].seconds_per_step, rel=0.01)
    assert known.seen == 0


async def test_a_picture_that_repeats_costs_what_its_larger_canvas_does(redis: Redis) -> None:
    plain, tiled = [(await cost(redis, sized(512, tile=tile))).step for tile in (False, True)]
    assert 1.15 < tiled / plain < 1.27
    for _ in range(10):
        await learn(redis, sized(512), 120, 60, 1.0, Pace())
    assert (await cost(redis, sized(512, tile=True))).seen == 0, "it is a kind of its own"


async def test_lengths_tell_the_fixed_part_from_the_steps(redis: Redis) -> None:
    random, pace = Random(1), Pace()
    for _ in range(30):
        steps = random.choice((10, 60, 240))
        await learn(redis, PIXELS, steps, (8 + 0.5 * steps) * exp(random.gauss(0, 0.05)), 1.0, pace)
    known = await cost(redis, PIXELS)
    assert known.of(10) * pace.full == pytest.approx(13, rel=0.15)
    assert known.of(240) * pace.full == pytest.approx(128, rel=0.1)


async def test_a_slow_worker_does_not_spoil_the_estimate_of_a_fast_one(redis: Redis) -> None:
    random, fast, slow = Random(2), Pace(), Pace()
    for _ in range(60):
        for pace, speed in ((fast, 0.4), (slow, 2.5)):
            took = speed * 0.7 * 120 * exp(random.gauss(0, 0.1))
            await learn(redis, PIXELS, 120, took, 1.0, pace)
    known = (await cost(redis, PIXELS)).of(120)
    assert slow.full / fast.full == pytest.approx(2.5 / 0.4, rel=0.1)
    assert known * fast.full == pytest.approx(0.4 * 0.7 * 120, rel=0.1)
    assert known * slow.full == pytest.approx(2.5 * 0.7 * 120, rel=0.1)


async def test_one_job_that_hung_changes_little(redis: Redis) -> None:
    pace = Pace()
    for _ in range(30):
        await learn(redis, PIXELS, 120, 60, 1.0, pace)
    before = (await cost(redis, PIXELS)).of(120) * pace.full
    await learn(redis, PIXELS, 120, 6000, 1.0, pace)
    assert (await cost(redis, PIXELS)).of(120) * pace.full < 1.6 * before


async def test_another_size_follows_those_that_are_known(redis: Redis) -> None:
    pace = Pace()
    for side, step in ((128, 0.5), (512, 5.0)):
        for _ in range(8):
            await learn(redis, sized(side), 120, step * 120, 1.0, pace)
    between = (await cost(redis, sized(256))).of(120) * pace.full
    assert 1.0 * 120 < between < 2.5 * 120
    other = (await cost(redis, sized(256, preset="quick"))).of(120) * pace.full
    assert 1.0 * 120 < other < 2.5 * 120, "a preset never seen is corrected as its backend had to be"


async def test_what_was_learnt_is_bounded_and_forgotten(redis: Redis) -> None:
    pace = Pace()
    for number in range(MOST_KINDS + 5):
        await learn(redis, sized(64 + number), 10, 5, 1.0, pace)
    assert await redis.hlen(keys.costs("pixels")) == MOST_KINDS  # type: ignore[misc]
    left = await redis.pttl(keys.costs("pixels"))
    assert 0.99 * DAYS < left / 86_400_000 <= DAYS


def test_jobs_at_once_slow_each_other_and_have_a_pace_of_their_own() -> None:
    pace = Pace(slots=4)
    for _ in range(20):
        pace.learn(1.0, 0.01, 1.0)
        pace.learn(2.5, 0.01, 3.9)
    assert pace.of(1) == pytest.approx(1.0, rel=0.05)
    assert pace.full == pytest.approx(2.5, rel=0.05)


def test_company_is_counted_over_time() -> None:
    clock = [0.0]
    company = Company(lambda: clock[0])
    first = company.joins()
    clock[0] = 10.0
    second = company.joins()
    clock[0] = 20.0
    first.leaves()
    clock[0] = 25.0
    second.leaves()
    assert first.took == (20.0, 1.5)
    assert second.took == (15.0, pytest.approx(25 / 15))
