"""An evening under a virtual clock: waiting times hold, and nobody is delayed by another's backlog."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from random import Random

from dreambench.evening import Evening, Story, evening
from dreambench.evening_queue import VirtualQueue
from dreambench.evening_world import Asks, Habit, Machine, Truth
from dreamqueue import bands
from dreamqueue.recipe import Phrase, Recipe

ONE = Machine("one", ("pixels",), 1, 1.0)


def asks(at: float, member: str, band: int = bands.EVERYONE, weight: float = 1.0) -> Asks:
    recipe = Recipe(phrases=(Phrase(text="a hut"),), backend="pixels", preset="levels", steps=60)
    return Asks(at, member, recipe, Habit("test", 1, (1, 1), 0, band, weight, 1), None)


async def played(url: str, wishes: Sequence[Asks]) -> list[Story]:
    queue = VirtualQueue.on(url)
    try:
        one = Evening(queue, wishes, Truth(Random(3)), [ONE], tick=600)
        await one.play()
    finally:
        await queue.client.close()
    return sorted(one.stories.values(), key=lambda story: story.begun or 0)


async def test_what_is_told_is_off_by_a_third_at_most_in_the_median(redis_url: str) -> None:
    report = await evening(redis_url, seed=1, hours=2.0, members=40)
    assert report.both.jobs > 100
    assert report.both.median <= 1 / 3


async def test_a_newcomer_is_delayed_by_no_more_than_one_job_of_a_long_backlog(redis_url: str) -> None:
    backlog = [asks(float(n) / 100, "collector") for n in range(30)]
    stories = await played(redis_url, [*backlog, asks(100.0, "newcomer")])
    order = [story.asks.member for story in stories]
    assert len(order) == 31
    there = next(n for n, story in enumerate(stories) if (story.begun or 0) >= 100.0)
    assert "newcomer" in order[there : there + 2]


async def test_shares_go_by_weight_while_both_wait(redis_url: str) -> None:
    wishes = [
        asks(n / 100, member, weight=w) for n in range(30) for member, w in (("one", 1.0), ("two", 2.0))
    ]
    seconds: dict[str, float] = defaultdict(float)
    for story in (await played(redis_url, wishes))[:36]:
        seconds[story.asks.member] += story.took or 0
    assert 1.6 < seconds["two"] / seconds["one"] < 2.4


async def test_bands_go_first(redis_url: str) -> None:
    wishes = [asks(n / 100, f"member{n}") for n in range(6)]
    wishes += [asks(1.0, "booster", bands.BOOSTERS), asks(1.1, "first", bands.FIRST)]
    order = [story.asks.member for story in await played(redis_url, wishes)]
    assert order[1:3] == ["first", "booster"]
