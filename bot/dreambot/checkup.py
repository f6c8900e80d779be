"""What `aliendreams doctor` asks Discord: does the token work, where is the bot, may it post there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import discord

from dreambot.moderation.shared import warning
from dreambot.no_voice import say_nothing_of_voice
from dreamconfig.rights import read_rights
from dreamconfig.settings import BotSettings

NEEDED = discord.Permissions(
    view_channel=True, send_messages=True, embed_links=True, attach_files=True, send_messages_in_threads=True
)
"""The smallest set: see the channel, post the picture, put it into an embed."""


def invite_link(application: int) -> str:
    """The link that adds the bot to a server with the smallest permission set."""
    return discord.utils.oauth_url(application, permissions=NEEDED, scopes=("bot", "applications.commands"))


async def examine_discord(settings: BotSettings) -> AsyncIterator[tuple[bool | None, str]]:
    """(good, what was found) for the token, the intents and each server, over REST alone; None is neither
    good nor bad."""
    say_nothing_of_voice()
    client = discord.Client(intents=discord.Intents(guilds=True))
    try:
        try:
            await client.login(settings.discord_token.get_secret_value())
        except discord.LoginFailure:
            yield False, "the token is refused: copy it again from the developer portal, page Bot."
            return
        except (discord.HTTPException, OSError) as error:
            yield False, f"does not answer: {error}"
            return
        assert client.user is not None
        yield True, f"the token works: this is {client.user}"
        yield True, "intents: only guilds, which needs no approval"
        guilds = [guild async for guild in client.fetch_guilds(limit=200)]
        if not guilds:
            yield False, f"the bot is in no server: open {invite_link(client.user.id)}"
        if (amiss := _shared(settings, len(guilds))) is not None:
            yield amiss
        for guild in guilds:
            me = await (await client.fetch_guild(guild.id)).fetch_member(client.user.id)
            missing = [name for name, needed in NEEDED if needed and not getattr(me.guild_permissions, name)]
            if missing:
                yield (
                    False,
                    f"in {guild.name} it lacks {', '.join(missing)}: open {invite_link(client.user.id)}",
                )
            else:
                yield True, f"in {guild.name} it may post pictures"
    finally:
        await client.close()


def _shared(settings: BotSettings, servers: int) -> tuple[bool | None, str] | None:
    try:
        amiss = warning(read_rights(settings.rights), servers)
    except ValueError as error:
        return False, str(error)
    return None if amiss is None else (None, amiss)
