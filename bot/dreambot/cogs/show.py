"""/show: a job by its id, as it is now, with its buttons and a link to where it hangs."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import discord
from discord import app_commands
from discord.ext import commands

from dreambot import words
from dreambot.copies import note_copy
from dreambot.found import job_here
from dreambot.gate import check_member
from dreambot.lineage import link
from dreambot.looking import look
from dreambot.message import as_files
from dreambot.permissions import check_can_post
from dreambot.texts import speech
from dreamqueue.job import Reply

if TYPE_CHECKING:
    from dreambot.app import DreamBot


class Show(commands.Cog):
    """The command."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(picture="The id that its file is named by")
    async def show(
        self, interaction: discord.Interaction[DreamBot], picture: app_commands.Range[str, 1, 200]
    ) -> None:
        """Show a picture of this server again, or how far it is."""
        check_can_post(interaction)
        await check_member(interaction)
        record = await job_here(interaction, picture)
        await interaction.response.defer(thinking=True)
        said = speech(interaction.locale)
        reply = cast(Reply, record.reply)
        shown = await look(self.bot, record, said.language, interaction.channel_id or 0)
        content = words.fit(f"{shown.content}\n-# {link(reply, said.say('members.where'))}")
        view = shown.buttons or discord.utils.MISSING
        posted = await interaction.followup.send(
            content, files=as_files(shown, spoiler=reply.spoiler), view=view, wait=True
        )
        await note_copy(self.bot, record, posted.channel.id, posted.id)
