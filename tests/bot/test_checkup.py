"""What `aliendreams doctor` finds out from Discord."""

from __future__ import annotations

import discord
import pytest
from pydantic import SecretStr
from tests.bot.stage import Stage, eventually

from dreambot.checkup import examine_discord
from dreambot.moderation.shared import warning
from dreamconfig.rights import Moderators, Rights
from dreamconfig.settings import BotSettings
from dreampractice import PracticeDiscord, point_discord_at


async def examine(discord: PracticeDiscord, token: str) -> list[tuple[bool | None, str]]:
    with point_discord_at(discord.url):
        settings = BotSettings(discord_token=SecretStr(token))
        return [finding async for finding in examine_discord(settings)]


async def test_a_good_token_in_a_server_where_it_may_post() -> None:
    async with PracticeDiscord() as discord:
        found = await examine(discord, discord.token)
    assert all(good for good, _ in found), found
    said = "\n".join(says for _, says in found)
    assert "the token works" in said
    assert "intents" in said
    assert "it may post pictures" in said


async def test_a_token_that_is_refused() -> None:
    async with PracticeDiscord() as discord:
        ((good, says),) = await examine(discord, "wrong")
    assert not good
    assert "copy it again from the developer portal" in says


async def test_a_permission_that_is_missing_comes_with_the_link_that_adds_it() -> None:
    async with PracticeDiscord() as discord:
        for role in discord.world.roles.values():
            role.permissions &= ~discord_permission("attach_files")
        found = await examine(discord, discord.token)
    good, says = found[-1]
    assert not good
    assert "lacks attach_files" in says
    assert "permissions=274877959168" in says


def discord_permission(name: str) -> int:
    from dreampractice.permissions import named

    return int(named((name,)))


async def test_a_discord_that_does_not_answer() -> None:
    settings = BotSettings(discord_token=SecretStr("x"))
    with point_discord_at("http://127.0.0.1:1"):
        ((good, says),) = [finding async for finding in examine_discord(settings)]
    assert not good
    assert "does not answer" in says


async def test_a_bot_of_two_servers_warns_that_the_moderators_of_each_hold_all(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    bot = stage.bot
    assert bot is not None
    assert "the moderators of each" not in caplog.text
    another = discord.Guild(data={"id": 9}, state=bot._connection)  # type: ignore[typeddict-item]
    bot._connection._add_guild(another)
    bot.dispatch("guild_join", another)
    await eventually(lambda: "the bot is in 2 servers, and the moderators of each may pause" in caplog.text)
    assert warning(Rights(), 2) is not None
    assert warning(Rights(moderators=Moderators(servers=("9",))), 2) is None
    assert warning(Rights(), 1) is None
