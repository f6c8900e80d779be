"""Discord's rules, met by the real client and by plain requests."""

from __future__ import annotations

import asyncio
import io
import logging
import time
from typing import Any

import aiohttp
import discord as dpy
import pytest
from tests.practice.artbot import picture
from tests.practice.conftest import Start, running

from dreampractice import Limit, PracticeDiscord, Rules

FAST = {name: Limit(name, 1000, 1.0) for name in Rules().limits}


async def ask(discord: PracticeDiscord, method: str, path: str, **more: Any) -> tuple[int, Any, Any]:
    """A plain request with the bot's token: status, headers, JSON."""
    headers = {"Authorization": f"Bot {discord.token}", **more.pop("headers", {})}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, f"{discord.url}/api/v10{path}", headers=headers, **more) as reply,
    ):
        body = await reply.json() if reply.status != 204 else None
        return reply.status, reply.headers, body


async def test_no_answer_in_time_is_shown_and_the_token_is_dead(start: Start) -> None:
    discord, bot = await start(Rules(answer_within=0.05))
    asked = await discord.person("ada").slash("sleep")
    assert asked.failed == "The application did not respond"
    bot.go.set()
    path = f"/interactions/{asked.interaction.id}/{asked.interaction.token}/callback"
    status, _, body = await ask(discord, "POST", path, json={"type": 5})
    assert (status, body["code"]) == (404, 10062)
    hook = f"/webhooks/{bot.application_id}/{asked.interaction.token}"
    status, _, body = await ask(discord, "POST", hook, json={"content": "late"})
    assert (status, body["code"]) == (404, 10015)


async def test_after_fifteen_minutes_the_token_is_dead_but_the_message_is_the_bots(start: Start) -> None:
    discord, bot = await start()
    asked = await discord.person("ada").slash("imagine", prompt="a hut")
    await discord.person("ada").wait_for(lambda m: bool(m.buttons))
    discord.core.interactions.now = lambda: time.time() + 901
    hook = f"/webhooks/{bot.application_id}/{asked.interaction.token}/messages/@original"
    status, _, body = await ask(discord, "PATCH", hook, json={"content": "late"})
    assert (status, body["code"]) == (401, 50027)
    channel = bot.get_channel(int(asked.reply.channel.id))
    await channel.get_partial_message(int(asked.reply.id)).edit(content="still painting")
    assert asked.reply.content == "still painting"


async def test_one_answer_only(start: Start) -> None:
    discord, _ = await start()
    asked = await discord.person("ada").slash("whisper", text="psst")
    path = f"/interactions/{asked.interaction.id}/{asked.interaction.token}/callback"
    status, _, body = await ask(discord, "POST", path, json={"type": 5})
    assert (status, body["code"]) == (400, 40060)


async def test_ephemeral_messages_do_not_exist_for_the_bots_own_token(start: Start) -> None:
    discord, _ = await start()
    asked = await discord.person("ada").slash("whisper", text="psst")
    path = f"/channels/{asked.reply.channel.id}/messages/{asked.reply.id}"
    status, _, body = await ask(discord, "PATCH", path, json={"content": "loud"})
    assert (status, body["code"]) == (404, 10008)


async def test_the_client_waits_out_a_429(start: Start, caplog: pytest.LogCaptureFixture) -> None:
    discord, bot = await start(Rules(limits=FAST | {"send": Limit("send", 2, 0.3)}))
    channel = discord.world.channel("art")
    for n in range(2):  # somebody else drains the bucket, so the client cannot know
        said = {"content": str(n)}
        status, headers, _ = await ask(discord, "POST", f"/channels/{channel.id}/messages", json=said)
        assert (status, headers["X-RateLimit-Remaining"]) == (200, str(1 - n))
    with caplog.at_level(logging.WARNING, "discord.http"):
        await bot.get_channel(int(channel.id)).send("at last")
    assert "rate limited" in caplog.text
    assert discord.core.limits.refused == 1
    assert [m.content for m in channel.messages.values()] == ["0", "1", "at last"]


async def test_a_429_is_discords(start: Start) -> None:
    discord, _ = await start(Rules(limits=FAST | {"send": Limit("send", 0, 60.0)}))
    path = f"/channels/{discord.world.channel('art').id}/messages"
    status, headers, body = await ask(discord, "POST", path, json={"content": "x"})
    assert (status, headers["Via"], body["global"]) == (429, "1.1 practice", False)
    assert headers["X-RateLimit-Scope"] == "user"
    assert 59 < body["retry_after"] <= 60
    assert headers["Content-Type"] == "application/json"


async def test_the_global_limit_counts_everything_but_interactions(start: Start) -> None:
    discord, _ = await start(Rules(limits=FAST, global_per_second=4))
    discord.core.limits.now = lambda: 4e9
    async with asyncio.TaskGroup() as group:
        asked = [group.create_task(ask(discord, "GET", "/users/@me")) for _ in range(8)]
    codes = [task.result()[0] for task in asked]
    assert sorted(codes) == [200] * 4 + [429] * 4
    assert all(task.result()[2]["global"] for task in asked if task.result()[0] == 429)


async def test_a_file_above_the_limit_is_refused(start: Start) -> None:
    discord, bot = await start(Rules(file_limit=1000))
    channel = bot.get_channel(int(discord.world.channel("art").id))
    with pytest.raises(dpy.HTTPException) as caught:
        await channel.send(file=dpy.File(io.BytesIO(b"x" * 1001), "big.bin"))
    assert (caught.value.status, caught.value.code) == (413, 40005)
    await channel.send(file=dpy.File(io.BytesIO(b"x" * 1000), "small.bin"))


async def test_attachments_are_replaced_or_kept(start: Start) -> None:
    discord, bot = await start(Rules(limits=FAST))
    channel = bot.get_channel(int(discord.world.channel("art").id))
    sent = await channel.send(files=[dpy.File(io.BytesIO(picture(c)), f"{c}.png") for c in ("red", "blue")])
    kept = await sent.edit(content="words only")
    assert [a.filename for a in kept.attachments] == ["red.png", "blue.png"]
    new = dpy.File(io.BytesIO(picture("green")), "green.png", description="a meadow")
    mixed = await kept.edit(attachments=[kept.attachments[1], new])
    assert [(a.filename, a.description) for a in mixed.attachments] == [
        ("blue.png", None),
        ("green.png", "a meadow"),
    ]
    assert await mixed.attachments[1].read() == picture("green")
    assert (await mixed.edit(attachments=[])).attachments == []


async def test_too_long_a_message_and_an_empty_one(start: Start) -> None:
    discord, bot = await start(Rules(limits=FAST))
    channel = bot.get_channel(int(discord.world.channel("art").id))
    with pytest.raises(dpy.HTTPException, match="In content: Must be 2000 or fewer in length") as caught:
        await channel.send("x" * 2001)
    assert caught.value.code == 50035
    with pytest.raises(dpy.HTTPException, match=r"embeds\.0\.fields\.0\.value"):
        await channel.send(embed=dpy.Embed().add_field(name="n", value="x" * 1025))
    status, _, body = await ask(discord, "POST", f"/channels/{channel.id}/messages", json={"content": " "})
    assert (status, body["code"]) == (400, 50006)


@pytest.mark.parametrize(
    ("denied", "code"), [("view_channel", 50001), ("send_messages", 50013), ("attach_files", 50013)]
)
async def test_permissions_per_channel(start: Start, denied: str, code: int) -> None:
    discord, bot = await start(Rules(limits=FAST))
    discord.set_permissions("art", "bot", deny=(denied,))
    channel = bot.get_channel(int(discord.world.channel("art").id))
    with pytest.raises(dpy.Forbidden) as caught:
        await channel.send("look", file=dpy.File(io.BytesIO(picture("red")), "red.png"))
    assert caught.value.code == code
    assert discord.core.limits.invalid == 1


async def test_interactions_say_what_the_bot_may_do(start: Start) -> None:
    discord, bot = await start()
    discord.set_permissions("art", "bot", deny=("attach_files",))
    heard: list[dpy.Interaction[Any]] = []
    bot.event(_named("on_interaction", heard.append))
    await discord.person("mo").slash("whisper", text="psst")
    assert not heard[0].app_permissions.attach_files
    assert heard[0].app_permissions.send_messages
    assert heard[0].permissions.manage_messages
    assert heard[0].filesize_limit == 10 * 1024 * 1024


def _named(name: str, call: Any) -> Any:
    async def listener(*args: Any) -> None:
        call(*args)

    listener.__name__ = name
    return listener


async def test_old_messages_take_few_edits(start: Start) -> None:
    discord, bot = await start(Rules(limits=FAST, old_message_after=0.0, old_message_edits=2))
    channel = bot.get_channel(int(discord.world.channel("art").id))
    sent = await channel.send("old")
    await sent.edit(content="1")
    await sent.edit(content="2")
    status, _, body = await ask(
        discord, "PATCH", f"/channels/{channel.id}/messages/{sent.id}", json={"content": "3"}
    )
    assert (status, body["code"]) == (429, 30046)


async def test_nobody_edits_anothers_message_or_deletes_without_permission(start: Start) -> None:
    discord, bot = await start(Rules(limits=FAST))
    said = await discord.person("ada").say("art", "mine")
    there = bot.get_channel(int(said.channel.id)).get_partial_message(int(said.id))
    with pytest.raises(dpy.Forbidden) as caught:
        await there.edit(content="yours")
    assert caught.value.code == 50005
    with pytest.raises(dpy.Forbidden):
        await there.delete()
    await there.add_reaction("🎨")
    assert list(said.reactions) == ["🎨"]


async def test_commands_keep_their_ids_and_creations_are_counted(start: Start) -> None:
    discord, bot = await start(Rules(limits=FAST, command_creates_per_day=8))
    before = {row.name: row.id for row in await bot.tree.fetch_commands()}
    await bot.tree.sync()
    assert {row.name: row.id for row in await bot.tree.fetch_commands()} == before
    path = f"/applications/{bot.application_id}/commands"
    rows = [{"name": f"new{n}", "description": "x"} for n in range(2)]
    assert (await ask(discord, "POST", path, json=rows[0]))[0] == 201
    status, _, body = await ask(discord, "POST", path, json=rows[1])
    assert (status, body["code"]) == (429, 30034)


async def test_a_wrong_token_is_refused() -> None:
    async with PracticeDiscord() as discord:
        discord.token = "wrong"
        with pytest.raises(dpy.LoginFailure):
            async with running(discord):
                pass
        status, _, _ = await ask(discord, "GET", "/users/@me", headers={"Authorization": "Bot nonsense"})
        assert status == 401


async def test_privileged_intents_must_be_switched_on() -> None:
    async with PracticeDiscord() as discord:
        with pytest.raises(dpy.PrivilegedIntentsRequired):
            async with running(discord, intents=dpy.Intents.all()):
                pass
    async with (
        PracticeDiscord(rules=Rules(intents=("members", "presences", "message_content"))) as discord,
        running(discord, intents=dpy.Intents.all()) as bot,
    ):
        await discord.person("ada").say("general", "hello")
        assert (await bot.heard.get()).content == "hello"
        assert {member.name for member in bot.guilds[0].members} >= {"ada", "bo", "mo"}
