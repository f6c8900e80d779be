"""What has to hold before anything that a member asks for is taken up: who, where, and which words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from dreambot.haste import in_time
from dreambot.moderation.word_rules import check_rules
from dreamqueue.errors import NotHere
from dreamqueue.sanctions import Standing, standing_of

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def check_may_ask(interaction: discord.Interaction[DreamBot], *texts: str) -> None:
    """Raises a DreamError, to be told to who asked and to nobody else. `texts` are what they wrote."""
    await check_member(interaction)
    await check_words(interaction, *texts)


async def check_member(interaction: discord.Interaction[DreamBot]) -> None:
    """Raises NotHere where nothing is asked for, Barred, or QueueAway, soon.

    How the member stands is laid into the interaction, for `check_open` and `dreambot.rights`.
    """
    check_channel(interaction)
    server, member = str(interaction.guild_id or 0), str(interaction.user.id)
    async with in_time(interaction):
        standing = await standing_of(interaction.client.queue.redis, server, member)
    standing.check()
    interaction.extras["standing"] = standing


def check_open(interaction: discord.Interaction[DreamBot]) -> None:
    """Raises QueueDrains while no new jobs are let in; after `check_member`."""
    standing: Standing | None = interaction.extras.get("standing")
    if standing is not None:
        standing.check_open()


def check_channel(interaction: discord.Interaction[DreamBot]) -> None:
    """Raises NotHere unless pictures may be asked for in this channel, or in the one of this thread."""
    wanted = interaction.client.rights.asking.channels
    here = interaction.channel
    if isinstance(here, discord.Thread) and here.parent is not None:
        here = here.parent
    if wanted and not {str(getattr(here, "id", "")), getattr(here, "name", None)} & set(wanted):
        raise NotHere([_shown(interaction.guild, name) for name in wanted])


def _shown(guild: discord.Guild | None, name: str) -> str:
    """A channel as people find it, where it is there."""
    channels = guild.channels if guild is not None else ()
    found = next((each for each in channels if name in (str(each.id), each.name)), None)
    return found.mention if found is not None else f"#{name}"


async def check_words(interaction: discord.Interaction[DreamBot], *texts: str) -> None:
    """Whether these words may be painted."""
    await check_rules(interaction, *texts)
