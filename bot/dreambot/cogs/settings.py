"""/settings: what a member sets for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from dreambot.members import settings

if TYPE_CHECKING:
    from dreambot.app import DreamBot


class Settings(commands.Cog):
    """The command; the panel does the rest."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.guild_only()
    async def settings(self, interaction: discord.Interaction[DreamBot]) -> None:
        """Your own painter, size, style, spoilers, mentions and language."""
        await settings.show(interaction)
