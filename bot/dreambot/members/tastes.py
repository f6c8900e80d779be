"""What the member behind an interaction has set for themselves, read once at its beginning.

The language they chose takes the place of Discord's, so whatever answers them need not ask for it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, cast

import discord
from discord import app_commands

from dreambot.haste import begin
from dreambot.texts import languages
from dreamqueue import preferences
from dreamqueue.errors import QueueAway
from dreamqueue.preferences import Preferences

if TYPE_CHECKING:
    from dreambot.app import DreamBot

log = logging.getLogger(__name__)

READ_WITHIN = 0.3
"""Seconds that Redis has: Discord wants the first answer within three, and the usual ones do too."""
TASTES = "preferences"
"""Where they stand among the interaction's extras."""


class DreamTree(app_commands.CommandTree["DreamBot"]):
    """Commands, for members who have their tastes."""

    async def interaction_check(self, interaction: discord.Interaction[DreamBot], /) -> bool:
        """Look them up before the command begins. A command that comes twice is begun once."""
        if interaction.type is not discord.InteractionType.application_command:
            return True
        if interaction.client.replays.is_one(interaction.id):
            return False
        await look_up(interaction)
        return True


async def look_up(interaction: discord.Interaction[DreamBot]) -> None:
    """Note what the member has set; where the queue is away they get what is usual."""
    begin(interaction)
    redis = interaction.client.redis
    if redis is None:
        return
    try:
        async with asyncio.timeout(READ_WITHIN):
            use(interaction, await preferences.read(redis, str(interaction.user.id)))
    except (QueueAway, TimeoutError):
        log.warning("the preferences of whoever caused %s cannot be read just now", interaction.id)


def use(interaction: discord.Interaction[Any], wanted: Preferences) -> None:
    """From now on this holds for the interaction."""
    interaction.extras[TASTES] = wanted
    if wanted.language in languages():
        code = "en-US" if wanted.language == "en" else wanted.language
        interaction.locale = discord.Locale(code)


def tastes(interaction: discord.Interaction[Any]) -> Preferences:
    """What was looked up; what is usual where that was not done."""
    return cast(Preferences, interaction.extras.get(TASTES, Preferences()))
