"""An ask comes to a job or to an answer, whatever falls between them."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from tests.bot.stage import Stage, eventually, shows

from dreambot import start
from dreamqueue import keys
from dreamqueue.client import QueueClient
from dreamqueue.errors import NoSuchJob, QueueAway
from dreamqueue.job import Cancelled, Job


class Unlucky(QueueClient):
    """A road to the queue on which the first answers are lost; what was said arrives."""

    lost = 1
    arrives = True

    async def submit(self, *given: Any, **more: Any) -> Job:
        job = await super().submit(*given, **more) if self.arrives else None
        if self.lost:
            self.lost -= 1
            raise QueueAway
        assert job is not None
        return job


async def unlucky(stage: Stage, **facts: Any) -> Unlucky:
    """The bot's queue, become unlucky."""
    bot = await stage.raise_bot()
    queue = bot.queue
    queue.__class__ = Unlucky
    for name, value in facts.items():
        setattr(queue, name, value)
    assert isinstance(queue, Unlucky)
    return queue


async def nothing_noted(stage: Stage) -> None:
    """Wait until no ask is left."""
    async with asyncio.timeout(10):
        while True:
            if not await stage.queue.redis.exists(keys.ASKED):
                return
            await asyncio.sleep(0.005)


async def test_a_bot_that_falls_before_the_job_is_queued_leaves_nobody_waiting(bare_stage: Stage) -> None:
    bot = await bare_stage.raise_bot()
    reached = asyncio.Event()

    async def never(*given: object, **more: object) -> Job:
        reached.set()
        await asyncio.Event().wait()
        raise AssertionError

    bot.queue.submit = never  # type: ignore[method-assign]
    message = await bare_stage.imagine(bare_stage.ada, "a hut")
    await reached.wait()
    assert message.thinking
    assert 0 < await bare_stage.queue.redis.pttl(keys.ASKED) <= 15 * 60 * 1000
    await bare_stage.fell_bot()
    await bare_stage.raise_bot()
    await shows(message, "Please ask again")
    assert not message.thinking
    await nothing_noted(bare_stage)


async def test_a_job_whose_answer_was_lost_is_one_job(bare_stage: Stage) -> None:
    await unlucky(bare_stage)
    message = await bare_stage.imagine(bare_stage.ada, "a hut")
    await shows(message, "I keep trying")
    await shows(message, "waiting")
    assert len(await bare_stage.queue.store.open_jobs()) == 1
    assert not bare_stage.whispers(bare_stage.ada)
    await nothing_noted(bare_stage)


async def test_a_queue_that_stays_away_starts_nothing(
    bare_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "KEEP_TRYING", 0.0)
    await unlucky(bare_stage)
    whisper = await bare_stage.refusal(bare_stage.ada, "a hut")
    assert "Nothing was started" in whisper.content
    job = (await bare_stage.queue.store.open_jobs())[0]  # it had arrived, which nobody could know
    await bare_stage.all_shown()
    assert isinstance((await bare_stage.queue.record(job)).ending, Cancelled)
    await eventually(lambda: not bare_stage.public_messages())


async def test_a_refusal_leaves_no_note(bare_stage: Stage) -> None:
    bare_stage.changes = {"max_waiting_per_member": 1}
    await bare_stage.raise_bot()
    await bare_stage.imagine(bare_stage.ada, "a hut")
    whisper = await bare_stage.refusal(bare_stage.ada, "a tree")
    assert "the limit is 1" in whisper.content
    await nothing_noted(bare_stage)


async def test_an_old_ask_is_left_alone_whatever_this_machines_clock_says(
    bare_stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dreamqueue.asks import LIFE, Ask, left_behind, note
    from dreamqueue.store import now

    redis = bare_stage.queue.redis
    old = Ask(interaction=1, application=2, token="x", job="0" * 12, asked=now() - LIFE - 1)
    new = old.model_copy(update={"interaction": 3, "asked": now()})
    await note(redis, old)
    await note(redis, new)
    await redis.hset(keys.ASKED, "4", "{}")  # type: ignore[misc]
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: new.asked + 86_400)
        assert await left_behind(redis) == [new]
    with pytest.raises(NoSuchJob):
        await bare_stage.queue.record(new.job)
    await bare_stage.raise_bot()  # Discord knows nothing of it: it is forgotten
    await nothing_noted(bare_stage)
