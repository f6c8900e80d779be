"""/help: how to begin, with examples that can be pressed, and what there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from dreambot.members.helping import topics, view
from dreambot.texts import speech

if TYPE_CHECKING:
    from dreambot.app import DreamBot


class Help(commands.Cog):
    """The command; the menu and the buttons do the rest."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.guild_only()
    async def help(self, interaction: discord.Interaction[DreamBot]) -> None:
        """How to ask for pictures, with examples that you can press."""
        said = speech(interaction.locale)
        _, text = next(topics(self.bot, said))
        await interaction.response.send_message(text, view=view(self.bot, said), ephemeral=True)
