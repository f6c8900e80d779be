"""What can be done with a message's picture from its Apps menu: Vary, Use as start, Recipe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from dreambot.errors import answering
from dreambot.members import recipes, starting
from dreambot.message import as_files
from dreambot.permissions import check_can_post
from dreambot.pictured import job_of, picture_of
from dreambot.rights import share
from dreambot.start import Asking, submit
from dreambot.still_possible import check_still_possible
from dreambot.texts import speech
from dreambot.verbs import VERBS
from dreambot.verbs.once import take_up_once
from dreamqueue.errors import DreamError
from dreamqueue.job import Finished, Stopped
from dreamqueue.prompt import changed

if TYPE_CHECKING:
    from dreambot.app import DreamBot


class Menus(commands.Cog):
    """Hangs the entries into the menu, and takes them out with the cog."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot
        self._entries = [
            app_commands.guild_only(app_commands.ContextMenu(name=name, callback=does))
            for name, does in (("Vary", vary), ("Use as start", start), ("Recipe", recipe))
        ]

    async def cog_load(self) -> None:
        """With the bot's start."""
        for entry in self._entries:
            self.bot.tree.add_command(entry)

    async def cog_unload(self) -> None:
        """With its end."""
        for entry in self._entries:
            self.bot.tree.remove_command(entry.name, type=entry.type)


async def vary(interaction: discord.Interaction[DreamBot], message: discord.Message) -> None:
    """The button of a job's message; for a picture that was posted again, its recipe with another seed."""
    record = await job_of(interaction, message)
    if record is None:
        await _posted_again(interaction, message)
        return
    if not isinstance(record.ending, Finished | Stopped):
        raise DreamError(speech(interaction.locale).say("menus.not-done"))
    press = VERBS["vary"].press
    if press is not None:
        await press()(interaction, record.job.id, "")


async def _posted_again(interaction: discord.Interaction[DreamBot], message: discord.Message) -> None:
    """The recipe inside a file, which anybody may have written: it is read as if it had been typed."""
    bot, url = interaction.client, picture_of(interaction, message).url
    limits, menu = share(interaction).within(bot.limits), bot.menu
    check_can_post(interaction)

    async def queued(ask: Asking) -> None:
        wanted = changed(
            await bot.uploads.recipe(url, speech(interaction.locale)), "", limits=limits, menu=menu
        )
        await check_still_possible(interaction, wanted)
        await submit(interaction, ask, wanted, typed=wanted.words)

    await take_up_once(interaction, "posted", str(message.id), queued)


async def start(interaction: discord.Interaction[DreamBot], message: discord.Message) -> None:
    """The picture becomes the first of another painting."""
    await starting.ask(interaction, message)


async def recipe(interaction: discord.Interaction[DreamBot], message: discord.Message) -> None:
    """All that is needed to paint it again, told to nobody else."""
    picture = await job_of(interaction, message) or picture_of(interaction, message)
    await interaction.response.defer(ephemeral=True, thinking=True)
    async with answering(interaction):
        queue, said = interaction.client.queue, speech(interaction.locale)
        if isinstance(picture, discord.Attachment):
            found, record = await interaction.client.uploads.recipe(picture.url, said), None
        else:
            found, record = picture.recipe, picture
        shown = await recipes.told(queue, found, record, said, interaction.guild_id)
        await interaction.followup.send(shown.content, files=as_files(shown))
