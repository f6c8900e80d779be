"""The moderators' panel: one message, kept as the queue is, found again, posted anew when it is gone."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from tests.bot.moderated import CLOSED, noted, panels, raised, waits
from tests.bot.stage import Stage, eventually, shows

from dreambot.cogs.queue import Queue
from dreampractice.messages import Message
from dreamqueue import halts, keys
from dreamqueue.job import Owner


@pytest.fixture
async def stage(bare_stage: Stage, tmp_path: Path) -> Stage:
    return await raised(bare_stage, tmp_path)


async def panel(stage: Stage) -> Message:
    return (await eventually(lambda: panels(stage)))[0]  # type: ignore[no-any-return]


async def test_it_shows_the_queue_at_a_glance(stage: Stage) -> None:
    board = await panel(stage)
    assert "It runs." in board.content
    assert "No worker is awake." in board.content
    await stage.worker.wake("pixels")
    _, job = await waits(stage, stage.ada, "a *hut* @everyone <@1>")
    await shows(board, f"`{job}` **a \\*hut\\*")
    assert "1 waiting · 0 held · 0 being painted" in board.content
    assert "`scripted` serving, 0 of 1 busy: pixels" in board.content
    assert "@everyone" not in board.content
    assert "<@1>" not in board.content
    assert [button.label for button in board.buttons] == ["Pause", "Resume", "Drain", "Refresh", "Jobs"]
    await stage.moderator.slash("queue hold", job=job)
    await eventually(lambda: "pixels · held by Mo" in board.content)
    await stage.moderator.slash("queue release", job=job)
    await eventually(lambda: "held by Mo" not in board.content)
    await stage.worker.begin(await stage.worker.next_job())
    await shows(board, "0 waiting · 0 held · 1 being painted")
    assert len(panels(stage)) == 1


async def test_its_buttons_hold_the_queue_and_are_told(stage: Stage) -> None:
    board = await panel(stage)
    await stage.press(stage.moderator, board, "Pause")
    await shows(board, "Paused: the whole queue")
    assert "by Mo <t:" in board.content
    await stage.press(stage.moderator, board, "Drain")
    await shows(board, "No new pictures are taken")
    assert set(await halts.halts(stage.queue.store)) == {halts.ALL, halts.DRAIN}
    await stage.press(stage.moderator, board, "Resume")
    await eventually(lambda: "It runs." in board.content)
    assert await halts.halts(stage.queue.store) == {}
    for action in ("queue.pause", "queue.drain", "queue.resume"):
        await noted(stage, action)


async def test_two_who_press_at_once_come_to_the_same(stage: Stage) -> None:
    board = await panel(stage)
    presses = [stage.moderator.begin_press(board, "Pause") for _ in range(3)]
    for press in presses:
        await press.settled.wait()
        assert press.failure is None
    await shows(board, "Paused: the whole queue")
    assert board.content.count("Paused: the whole queue") == 1
    assert set(await halts.halts(stage.queue.store)) == {halts.ALL}


async def test_others_are_told_that_it_is_not_for_them(stage: Stage) -> None:
    board = await panel(stage)
    stage.discord.set_permissions("mods", stage.bo.user.id, allow=("view_channel", "manage_messages"))
    for label in ("Pause", "Resume", "Drain", "Refresh", "Jobs"):
        before = len(stage.whispers(stage.bo, "mods"))
        await stage.press(stage.bo, board, label)
        await eventually(lambda before=before: len(stage.whispers(stage.bo, "mods")) > before)
        assert stage.whispers(stage.bo, "mods")[-1].content == CLOSED, label
    assert await halts.halts(stage.queue.store) == {}


async def exists(stage: Stage, key: str) -> None:
    async with asyncio.timeout(10):
        while True:
            if await stage.queue.redis.exists(key):
                return
            await asyncio.sleep(0.005)


@pytest.mark.parametrize("known", [True, False])
async def test_it_is_found_again_after_a_restart(stage: Stage, known: bool) -> None:
    board = await panel(stage)
    place = keys.panel(stage.discord.world.guild_id)
    await exists(stage, place)
    await stage.fell_bot()
    if not known:
        await stage.queue.redis.delete(place)
    await halts.halt(stage.queue.store, halts.ALL, Owner(id=stage.moderator.user.id, name="Mo"))
    await stage.raise_bot()
    await shows(board, "Paused: the whole queue")
    await stage.press(stage.moderator, board, "Resume")
    await eventually(lambda: "It runs." in board.content)
    assert len(panels(stage)) == 1


async def test_one_that_somebody_deleted_is_posted_anew(stage: Stage) -> None:
    board = await panel(stage)
    await stage.moderator.delete(board)
    await eventually(lambda: not panels(stage))
    await waits(stage, stage.ada)
    new = await panel(stage)
    await shows(new, "1 waiting")
    assert new.id != board.id


async def test_it_is_not_edited_while_nothing_changes(stage: Stage) -> None:
    board = await panel(stage)
    assert stage.bot is not None
    cog = stage.bot.get_cog("Queue")
    assert isinstance(cog, Queue)
    for _ in range(3):
        await cog.panels._show(stage.bot.guilds[0])
    assert len(board.history) == 1
    await waits(stage, stage.ada)
    await cog.panels._show(stage.bot.guilds[0])
    await shows(board, "1 waiting")


async def test_its_jobs_are_told_to_who_asks(stage: Stage) -> None:
    board = await panel(stage)
    await waits(stage, stage.ada)
    await stage.press(stage.moderator, board, "Jobs")
    told = await eventually(lambda: stage.whispers(stage.moderator, "mods"))
    await shows(told[-1], "jobs of this server: 1 to 1 of 1")
