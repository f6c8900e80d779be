"""/gallery: my pictures, or the best of the server by its members' stars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import discord
from discord import app_commands
from discord.ext import commands

from dreambot.members.gallery import BEST, MINE, leaf
from dreambot.message import as_files
from dreambot.permissions import check_can_post

if TYPE_CHECKING:
    from dreambot.app import DreamBot


class Gallery(commands.Cog):
    """The command; the buttons do the rest."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(whose="Yours, or those with the most stars in this server")
    async def gallery(
        self, interaction: discord.Interaction[DreamBot], whose: Literal["mine", "best"] = "mine"
    ) -> None:
        """Leaf through your pictures, or through the best of this server."""
        check_can_post(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        shown, hidden = await leaf(interaction, BEST if whose == BEST else MINE, 1)
        view = shown.buttons or discord.utils.MISSING
        await interaction.followup.send(shown.content, files=as_files(shown, spoiler=hidden), view=view)
