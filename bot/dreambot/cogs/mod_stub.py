"""`/mod` as long as it holds nothing but `/mod words`."""

from __future__ import annotations

from discord import app_commands
from discord.ext import commands

from dreambot.cogs.mod_words import WORDS

MOD = app_commands.Group(name="mod", description="For moderators", guild_only=True)
MOD.add_command(WORDS)


class Mod(commands.Cog):
    """The group of what moderators do."""

    def __init__(self, bot: commands.Bot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Hang it into the commands."""
        self.bot.tree.add_command(MOD)
