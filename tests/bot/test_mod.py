"""`/mod`: blocks, time-outs and limits as members and moderators see them; and where may be asked at all."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bot.moderated import CLOSED, RIGHTS, answer, audited, noted, raised, waits
from tests.bot.stage import Stage, eventually, shows

from dreamqueue import keys
from dreamqueue.sanctions import Bar, impose


@pytest.fixture
async def stage(bare_stage: Stage, tmp_path: Path) -> Stage:
    return await raised(bare_stage, tmp_path)


async def test_a_blocked_member_alone_reads_why(stage: Stage) -> None:
    hut, _ = await waits(stage, stage.ada)
    told = await answer(
        stage, stage.moderator, "mod block", member="ada", reason="three warnings", cancel=True
    )
    assert told.splitlines() == [
        f"<@{stage.ada.user.id}> may not ask for pictures here, until a moderator says otherwise.",
        "One job is cancelled.",
    ]
    await shows(hut, "cancelled by Mo")
    public = len(stage.public_messages())
    refused = await stage.refusal(stage.ada, "a barn")
    assert refused.content.startswith("Moderators do not let you ask for pictures here")
    assert "three warnings" in refused.content
    await stage.press(stage.ada, hut, "Again")
    await eventually(lambda: len(stage.whispers(stage.ada)) == 2)
    assert "three warnings" in stage.whispers(stage.ada)[-1].content
    assert len(stage.public_messages()) == public
    assert "three warnings" in await noted(stage, "mod.block")
    await waits(stage, stage.bo)
    listed = await answer(stage, stage.moderator, "mod list")
    assert f"<@{stage.ada.user.id}> may not ask" in listed
    assert "three warnings" in listed
    assert "may ask as everybody" in await answer(stage, stage.moderator, "mod unblock", member="ada")
    assert "under no sanction" in await answer(stage, stage.moderator, "mod unblock", member="ada")
    assert await noted(stage, "mod.unblock")
    await waits(stage, stage.ada)


async def test_a_block_lives_through_a_restart_and_a_time_out_ends(stage: Stage) -> None:
    told = await answer(stage, stage.moderator, "mod timeout", member="ada", time="2h")
    assert "until <t:" in told
    await stage.fell_bot()
    await stage.raise_bot()
    assert "until <t:" in (await stage.refusal(stage.ada, "a hut")).content
    server, now = stage.discord.world.guild_id, await stage.queue.store.now()
    bar = Bar(by=(await stage.queue.store.record(await job_of_bo(stage))).job.owner, since=1, until=now - 1)
    await impose(stage.queue.store, server, stage.ada.user.id, bar)
    await waits(stage, stage.ada)
    assert await answer(stage, stage.moderator, "mod list") == "Nobody is under a sanction here."


async def job_of_bo(stage: Stage) -> str:
    return (await waits(stage, stage.bo))[1]


async def test_a_limit_is_narrower_than_what_others_may(stage: Stage) -> None:
    told = await answer(stage, stage.moderator, "mod limit", member="ada", waiting=1, steps=130)
    assert "may ask for less here: 1 waiting, 130 steps" in told
    await waits(stage, stage.ada)
    refused = await stage.refusal(stage.ada, "a barn")
    assert "1 job of yours is waiting already (the limit is 1)" in refused.content
    assert (
        "200 steps, and you may ask for 130" in (await stage.refusal(stage.ada, "a hut --steps 200")).content
    )
    await waits(stage, stage.bo, "a hut --steps 200")
    for options, said in (
        ({}, "what is limited"),
        ({"waiting": 1, "time": "soon"}, "a time is `30m`"),
    ):
        assert said in await answer(stage, stage.moderator, "mod limit", member="ada", **options)
    for time in ("forever", "0m"):
        told = await answer(stage, stage.moderator, "mod timeout", member="ada", time=time)
        assert "needs a time" in told or "a time is" in told


async def test_a_long_list_has_pages(stage: Stage) -> None:
    server = stage.discord.world.guild_id
    mo = (await stage.queue.record(await job_of_bo(stage))).job.owner.model_copy(update={"name": "M`o*"})
    for number in range(12):
        await impose(
            stage.queue.store, server, str(1000 + number), Bar(by=mo, since=float(number), why="@here")
        )
    listed = await answer(stage, stage.moderator, "mod list")
    assert "Sanctions 1 to 10 of 12" in listed
    assert "@here" not in listed
    message = stage.whispers(stage.moderator)[-1]
    await stage.press(stage.moderator, message, "On")
    await shows(message, "Sanctions 11 to 12 of 12")


async def test_others_may_not(stage: Stage) -> None:
    stage.discord.set_permissions("art", stage.bo.user.id, allow=("manage_messages",))
    member = {"member": "ada"}
    for command, options in (
        ("mod block", member),
        ("mod timeout", {**member, "time": "2h"}),
        ("mod limit", {**member, "waiting": 1}),
        ("mod unblock", member),
        ("mod list", {}),
    ):
        assert await answer(stage, stage.bo, command, **options) == CLOSED, command
    assert not await stage.queue.redis.exists(keys.sanctions(stage.discord.world.guild_id))
    offered = {command["name"] for command in stage.ada.commands()}
    assert "mod" not in offered
    assert "queue" in offered


async def test_pictures_are_asked_for_where_the_community_wants(bare_stage: Stage, tmp_path: Path) -> None:
    stage = await raised(bare_stage, tmp_path, RIGHTS + '[asking]\nchannels = ["general", "gone"]\n')
    refused = await stage.refusal(stage.ada, "a hut")
    general = stage.discord.world.channel("general").id
    assert refused.content == f"Pictures are not asked for here, but in <#{general}> and #gone."
    asked = await stage.ada.slash("imagine", channel="general", prompt="a hut")
    assert asked.reply is not None
    await shows(asked.reply, "waiting")


async def test_nobody_bars_themselves(stage: Stage) -> None:
    assert await answer(stage, stage.moderator, "mod block", member="mo") == "That would be you."
    assert audited(stage, "mod.block") == []
