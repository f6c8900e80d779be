"""/privacy: what is kept about me, for how long, and to be forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from dreambot import words
from dreambot.buttons import JobButton
from dreambot.texts import speech
from dreamqueue import preferences
from dreamqueue.forgetting import MOST
from dreamqueue.preferences import Preferences

if TYPE_CHECKING:
    from dreambot.app import DreamBot


@app_commands.guild_only()
class Privacy(commands.GroupCog, group_name="privacy"):
    """What I keep about you, and how to be forgotten."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot

    @app_commands.command()
    async def show(self, interaction: discord.Interaction[DreamBot]) -> None:
        """What I keep about you, and for how long."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        queue, said = self.bot.queue, speech(interaction.locale)
        member = str(interaction.user.id)
        count = len(await queue.jobs_of(member, most=MOST))
        own = await preferences.read(queue.redis, member)
        held = said.say("privacy.some" if own != Preferences() else "privacy.none")
        hours = words.duration(3600 * self.bot.settings.keep_hours, said)
        text = said.say("privacy.show", count=count, time=hours, settings=held)
        await interaction.followup.send(words.fit(text))

    @app_commands.command(name="forget-me")
    async def forget_me(self, interaction: discord.Interaction[DreamBot]) -> None:
        """Erase your pictures, words, settings and stars, after asking back."""
        said = speech(interaction.locale)
        view = discord.ui.View(timeout=None)
        view.add_item(JobButton("forget", "me", "", said))
        await interaction.response.send_message(said.say("privacy.ask"), view=view, ephemeral=True)
