"""What `aliendreams doctor` finds out from Discord."""

from __future__ import annotations

from pydantic import SecretStr

from dreambot.checkup import examine_discord
from dreamconfig.settings import BotSettings
from dreampractice import PracticeDiscord, point_discord_at


async def examine(discord: PracticeDiscord, token: str) -> list[tuple[bool, str]]:
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
