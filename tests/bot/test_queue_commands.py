"""`/queue` for moderators, as people see it; and what others see who try."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.bot.moderated import CLOSED, RIGHTS, answer, audited, noted, raised, waits
from tests.bot.stage import Stage, eventually, shows

from dreamqueue import halts, keys
from dreamqueue.job import Owner, Reply


@pytest.fixture
async def stage(bare_stage: Stage, tmp_path: Path) -> Stage:
    return await raised(bare_stage, tmp_path)


async def test_a_paused_queue_says_so_in_the_messages_and_goes_on(stage: Stage) -> None:
    await stage.worker.wake()
    message, _ = await waits(stage, stage.ada)
    told = await answer(stage, stage.moderator, "queue pause", reason="upgrade *now*", time="2h")
    assert told == "Paused: the whole queue. What is being painted goes on."
    seen = await shows(message, "the queue is paused by moderators")
    assert " · goes on <t:" in seen.content
    assert r"upgrade \*now\*" in seen.content
    assert await eventually(lambda: audited(stage, "queue.pause"))
    assert await answer(stage, stage.moderator, "queue resume") == "Resumed: the whole queue."
    assert await answer(stage, stage.moderator, "queue resume") == "It was not paused."


async def test_a_worker_is_paused_by_a_name_that_is_proposed(stage: Stage) -> None:
    await stage.worker.wake("pixels")
    choices = await stage.moderator.autocomplete("queue pause", "what", "scr")
    assert [choice["value"] for choice in choices] == ["worker:scripted"]
    told = await answer(stage, stage.moderator, "queue pause", what="scripted")
    assert told.startswith("Paused: worker `scripted`.")
    assert await answer(stage, stage.moderator, "queue resume", what="worker:scripted") == (
        "Resumed: worker `scripted`."
    )
    assert "I know no backend, lane or worker `cellar`" in await answer(
        stage, stage.moderator, "queue pause", what="cellar"
    )
    assert await stage.ada.autocomplete("queue pause", "what", "scr") == []


async def test_a_drained_queue_refuses_quietly_and_paints_what_is_there(stage: Stage) -> None:
    message, _ = await waits(stage, stage.ada)
    assert "No new pictures are taken" in await answer(
        stage, stage.moderator, "queue drain", reason="closing"
    )
    before = len(stage.public_messages())
    refused = await stage.refusal(stage.bo, "a barn")
    assert "takes no new pictures just now" in refused.content
    assert "The reason: closing." in refused.content
    assert len(stage.public_messages()) == before, "nothing public was said"
    job = await stage.worker.next_job()
    await stage.worker.begin(job)
    await stage.worker.finish(job)
    await shows(message, "done in")
    await answer(stage, stage.moderator, "queue resume")
    await waits(stage, stage.bo)


async def test_what_all_servers_share_is_held_where_the_community_says(
    bare_stage: Stage, tmp_path: Path
) -> None:
    stage = await raised(bare_stage, tmp_path, f'{RIGHTS}servers = ["1"]\n')
    _, job = await waits(stage, stage.ada)
    for command, fields in (
        ("queue pause", {}),
        ("queue resume", {}),
        ("queue drain", {}),
        ("queue move", {"job": job, "where": "front"}),
        ("mod words add", {"kind": "word", "text": "hut"}),
        ("mod words allow", {"text": "hut"}),
        ("mod words remove", {"rule": "word:hut"}),
        ("mod words try", {"kind": "word", "text": "hut"}),
        ("trick hide", {"name": "vray"}),
        ("trick rename", {"name": "vray", "to": "ray"}),
        ("trick merge", {"name": "vray", "into": "unreal-engine"}),
    ):
        assert "every server that has me" in await answer(stage, stage.moderator, command, **fields), command
    await waits(stage, stage.bo)
    assert await answer(stage, stage.moderator, "queue cancel", job=job) == f"`{job}` is cancelled."


async def test_clear_asks_back_and_says_who_did_it(stage: Stage) -> None:
    hut, _ = await waits(stage, stage.ada)
    barn, _ = await waits(stage, stage.bo)
    assert await answer(stage, stage.moderator, "queue clear", member="ada") == (
        f"Cancel the one job that waits? (jobs of <@{stage.ada.user.id}>)"
    )
    sure = stage.whispers(stage.moderator)[-1]
    assert "cancelled" not in hut.content
    await stage.press(stage.moderator, sure, "Cancel them")
    await shows(hut, "cancelled by Mo")
    await shows(sure, "One waiting job is cancelled.")
    assert "cancelled" not in barn.content
    assert await noted(stage, "queue.clear")
    assert await answer(stage, stage.moderator, "queue clear", member="ada") == "Nothing waits there."


async def test_a_confirmation_is_checked_again_after_a_restart(stage: Stage) -> None:
    hut, _ = await waits(stage, stage.ada)
    await answer(stage, stage.moderator, "queue clear")
    sure = stage.whispers(stage.moderator)[-1]
    await stage.fell_bot()
    await stage.raise_bot()
    member = stage.moderator.member
    roles, member.roles = member.roles, ()
    await stage.press(stage.moderator, sure, "Cancel them")
    await eventually(lambda: stage.whispers(stage.moderator)[-1].content == CLOSED)
    assert "cancelled" not in hut.content
    member.roles = roles
    await stage.press(stage.moderator, sure, "Cancel them")
    await shows(hut, "cancelled by Mo")


async def test_one_job_is_held_moved_released_and_cancelled(stage: Stage) -> None:
    await stage.worker.wake()
    hut, first = await waits(stage, stage.ada)
    barn, second = await waits(stage, stage.bo)
    assert f"`{first}` is held." in await answer(
        stage, stage.moderator, "queue hold", job=first, reason="is it Ada's?"
    )
    held = await shows(hut, "a moderator holds it")
    assert "is it Ada" not in held.content, "the reason is for moderators"
    assert "held by Mo (is it Ada's?)" in await answer(stage, stage.moderator, "queue view", member="ada")
    assert (await stage.worker.next_job()).id == first, "its score is what it was"
    assert "goes on" in await answer(stage, stage.moderator, "queue release", job=first)
    assert "Nobody held" in await answer(stage, stage.moderator, "queue release", job=first)
    assert "is moved" in await answer(stage, stage.moderator, "queue move", job=second, where="front")
    assert (await stage.worker.next_job()).id == second
    assert "is cancelled" in await answer(stage, stage.moderator, "queue cancel", job=second)
    await shows(barn, "cancelled by Mo")
    assert "ended already" in await answer(stage, stage.moderator, "queue cancel", job=second)
    for action in ("queue.hold", "queue.release", "queue.move", "queue.cancel"):
        assert await noted(stage, action)


async def test_what_is_being_painted_is_not_held(stage: Stage) -> None:
    _, first = await waits(stage, stage.ada)
    await stage.worker.begin(await stage.worker.next_job())
    told = await answer(stage, stage.moderator, "queue hold", job=first)
    assert told == "It is being painted already. Stop or cancel it instead."


async def test_all_of_a_members_jobs_are_cancelled(stage: Stage) -> None:
    for prompt in ("a hut", "a barn"):
        await waits(stage, stage.ada, prompt)
    other, _ = await waits(stage, stage.bo)
    told = await answer(stage, stage.moderator, "queue cancel", member="ada")
    assert told == f"2 jobs of <@{stage.ada.user.id}> are cancelled."
    assert "cancelled" not in other.content
    assert "job or a member" in await answer(stage, stage.moderator, "queue cancel")


async def test_pages_are_turned(stage: Stage) -> None:
    message, _ = await waits(stage, stage.ada, "a hut **bold** @everyone")
    here = (await stage.queue.record((await stage.worker.next_job()).id)).reply
    assert here is not None
    recipe = (await stage.worker.next_job()).recipe
    for number in range(11):
        reply = Reply(channel=here.channel, message=number + 1, server=here.server)
        owner = Owner(id=str(number), name="x")
        await stage.queue.submit(recipe, owner, reply=reply)
    told = await answer(stage, stage.moderator, "queue view", channel="art")
    assert "1 to 10 of" in told
    assert "@everyone" not in told
    listed = stage.whispers(stage.moderator)[-1]
    assert [button.label for button in listed.buttons] == ["On"]
    await stage.press(stage.moderator, listed, "On")
    await shows(listed, "11 to")
    await stage.press(stage.moderator, listed, "Back")
    await eventually(lambda: "1 to 10 of" in listed.content)
    assert "waiting" in message.content


async def test_jobs_of_another_server_are_not_theirs(stage: Stage) -> None:
    _, job = await waits(stage, stage.ada)
    record = await stage.queue.record(job)
    assert record.reply is not None
    elsewhere = record.reply.model_copy(update={"server": 42}).model_dump_json()
    await stage.queue.redis.hset(keys.record(job), "reply", elsewhere)  # type: ignore[misc]
    for command in ("cancel", "hold", "release"):
        told = await answer(stage, stage.moderator, f"queue {command}", job=job)
        assert told == "This job was asked for on another server.", command
    assert await answer(stage, stage.moderator, "queue view") == "There are no such jobs."
    assert await answer(stage, stage.moderator, "queue clear") == "Nothing waits there."
    assert "0 jobs" in await answer(stage, stage.moderator, "queue cancel", member="ada")


async def test_forged_ids_get_a_clear_answer_and_do_nothing(stage: Stage) -> None:
    hut, _ = await waits(stage, stage.ada)
    forged = [
        "dream:queue-clear:jobs-1",
        "dream:queue-clear:channel-x",
        "dream:queue-on:worker-" + "w" * 33 + ":" + "9" * 30,
        "dream:queue-back:all-:-5",
        "dream:mod-on:list:" + "9" * 30,
    ]
    for custom_id in forged:
        part = hut.components[0]["components"][0]
        before, part["custom_id"] = part["custom_id"], custom_id
        asked = await stage.moderator.press(hut, custom_id)
        assert asked.failed is None, custom_id
        part["custom_id"] = before
    await eventually(
        lambda: len([w for w in stage.whispers(stage.moderator) if "another time" in w.content]) == 2
    )
    assert not [told for told in stage.whispers(stage.moderator) if "incident" in told.content]
    assert len(await stage.queue.store.open_jobs()) == 1


async def test_lanes_and_workers_are_proposed(stage: Stage) -> None:
    await stage.worker.wake("pixels")
    _, job = await waits(stage, stage.ada)
    lane = (await stage.queue.record(job)).job.lane
    mo = stage.moderator
    assert [one["value"] for one in await mo.autocomplete("queue view", "worker", "")] == ["scripted"]
    assert [one["value"] for one in await mo.autocomplete("queue clear", "lane", "pix")] == [lane]
    assert [one["value"] for one in await mo.autocomplete("queue hold", "job", "ada")] == [job]
    assert await stage.ada.autocomplete("queue hold", "job", "") == []


COMMANDS: list[tuple[str, dict[str, object]]] = [
    ("queue pause", {}),
    ("queue resume", {}),
    ("queue drain", {}),
    ("queue view", {}),
    ("queue clear", {}),
    ("queue move", {"job": "0", "where": "front"}),
    ("queue cancel", {"job": "0"}),
    ("queue hold", {"job": "0"}),
    ("queue release", {"job": "0"}),
]


async def test_others_may_not_neither_by_permission_alone_nor_by_the_role(stage: Stage) -> None:
    stage.discord.set_permissions("art", stage.bo.user.id, allow=("manage_messages",))
    stage.discord.set_permissions("art", stage.moderator.user.id, deny=("manage_messages",))
    for person in (stage.ada, stage.bo, stage.moderator):
        for command, options in COMMANDS:
            assert await answer(stage, person, command, **options) == CLOSED, (person, command)
    assert await halts.halts(stage.queue.store) == {}
