"""`/queue mine`: where I stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord.ext import commands

from dreambot.cogs.queue_group import QUEUE
from dreambot.members.standing import tell
from dreambot.texts import speech

if TYPE_CHECKING:
    from dreambot.app import DreamBot


class QueueMine(commands.Cog):
    """Sees to it that the group is among the bot's commands, whoever else hangs something into it."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """With the bot's start."""
        if self.bot.tree.get_command(QUEUE.name) is None:
            self.bot.tree.add_command(QUEUE)


@QUEUE.command()
async def mine(interaction: discord.Interaction[DreamBot]) -> None:
    """Your jobs: their places, when they start, and a button to cancel each."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    queue = interaction.client.queue
    content, view = await tell(queue, str(interaction.user.id), speech(interaction.locale))
    await interaction.followup.send(content, view=view if view.children else discord.utils.MISSING)
