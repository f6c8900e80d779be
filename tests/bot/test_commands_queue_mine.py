"""/queue mine: the list of one's own jobs, seen by nobody else, and its buttons."""

from __future__ import annotations

from tests.bot.stage import Stage, shows

from dreampractice.messages import Message
from dreamqueue.job import JobState


async def listed(stage: Stage) -> Message:
    """Ada's list."""
    asked = await stage.ada.slash("queue mine")
    assert asked.reply is not None
    assert asked.reply.only_for is stage.ada.user
    return asked.reply


async def test_where_i_stand_and_cancelling_one_after_a_restart(stage: Stage) -> None:
    await shows(await listed(stage), "Nothing of yours is in the queue.")
    await shows(await stage.imagine(stage.bo, "a barn"), "waiting")
    one = await stage.imagine(stage.ada, "a hut <@1>")
    await shows(one, "waiting")
    two = await stage.imagine(stage.ada, "a castle")
    await shows(two, "waiting")
    mine = await listed(stage)
    text = (await shows(mine, "2 jobs of yours")).content
    assert "1. **a hut \\<\\@\u200b1\\>** · waiting, " in text
    assert f"/{two.channel.id}/{two.id})" in text
    assert "barn" not in text
    assert [b.label for b in mine.buttons] == ["Cancel 1", "Cancel 2", "Cancel all mine"]
    await stage.fell_bot()
    await stage.raise_bot()
    await stage.press(stage.ada, mine, "Cancel 1")
    await shows(one, "cancelled by Ada")
    await shows(mine, "**1 job of yours")
    assert "waiting" in two.content


async def test_cancelling_all_takes_mine_and_nobody_elses_and_twice_changes_nothing(stage: Stage) -> None:
    others = await stage.imagine(stage.bo, "a barn")
    await shows(others, "waiting")
    own = [await stage.imagine(stage.ada, text) for text in ("a hut", "a castle")]
    for message in own:
        await shows(message, "waiting")
    mine = await listed(stage)
    await shows(mine, "2 jobs")
    presses = [stage.ada.begin_press(mine, "Cancel all mine") for _ in range(2)]
    for press in presses:
        await press.settled.wait()
        assert press.failure is None
    await shows(mine, "Nothing of yours is in the queue.")
    assert mine.buttons == []
    for message in own:
        await shows(message, "cancelled by Ada")
    assert "waiting" in others.content


async def test_what_is_painted_and_what_moderators_keep_back_is_told(stage: Stage) -> None:
    await shows(await stage.imagine(stage.ada, "a hut"), "waiting")
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await shows(await listed(stage), "**a hut** · a worker begins · ")
    await stage.worker.paint(job, 5)
    await shows(await listed(stage), "**a hut** · step 5 of 120 · ")
    asked = await stage.moderator.slash("queue pause", reason="lunch")
    assert asked.failed is None
    barn = await stage.imagine(stage.ada, "a barn")
    await shows(barn, "lunch")
    assert "lunch" in (await shows(await listed(stage), "2 jobs")).content


async def test_a_forged_id_cancels_nothing_of_anybody_else(stage: Stage) -> None:
    others = await stage.imagine(stage.bo, "a barn")
    await shows(others, "waiting")
    job = await stage.worker.next_job()
    await shows(await stage.imagine(stage.ada, "a hut"), "waiting")
    mine = await listed(stage)
    await shows(mine, "1 job")
    mine.components[0]["components"][0]["custom_id"] = f"dream:cancel-mine:{job.id}"
    await stage.press(stage.ada, mine, "Cancel 1")
    assert (await stage.queue.record(job.id)).state is JobState.waiting
