"""/again: my last picture, or one by its id, with a new seed and perhaps a few changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from dreambot.found import job_here
from dreambot.members.asking import paint
from dreambot.permissions import owner_of
from dreambot.rights import share
from dreambot.texts import speech
from dreamqueue.errors import DreamError
from dreamqueue.grid import reseeded
from dreamqueue.job import Record
from dreamqueue.prompt import changed, random_seed
from dreamqueue.text import clip

if TYPE_CHECKING:
    from dreambot.app import DreamBot

LABEL = 100
"""Characters of a suggestion."""


class Again(commands.Cog):
    """The command."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(
        picture="Which one, by the id that its file is named by; without it your last one",
        changes="Other words or flags, such as --steps 200, or: a castle in fog",
    )
    async def again(
        self,
        interaction: discord.Interaction[DreamBot],
        picture: app_commands.Range[str, 1, 200] | None = None,
        changes: str | None = None,
    ) -> None:
        """Paint your last picture, or another, once more with a new seed."""
        record = await (self._last(interaction) if picture is None else job_here(interaction, picture))
        old, recipe = record.job, record.recipe
        if changes:
            limits, menu = share(interaction).within(self.bot.limits), self.bot.menu
            wanted = changed(recipe, changes, limits=limits, menu=menu)
        else:
            wanted = reseeded(recipe, random_seed())
        trial = None if changes else old.trial
        await paint(interaction, wanted, typed=changes or old.typed, parent=old.id, trial=trial)

    @again.autocomplete("picture")
    async def mine(
        self, interaction: discord.Interaction[DreamBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        """One's own newest pictures."""
        try:
            records = await self.bot.queue.jobs_of(owner_of(interaction).id, most=50)
        except DreamError:
            return []
        found = [
            app_commands.Choice(name=_label(record), value=record.job.id)
            for record in records
            if record.reply is not None and record.reply.server == interaction.guild_id
        ]
        return [choice for choice in found if typed.lower() in choice.name.lower()][:25]

    async def _last(self, interaction: discord.Interaction[DreamBot]) -> Record:
        newest = await self.bot.queue.jobs_of(owner_of(interaction).id, most=1)
        if not newest:
            raise DreamError(speech(interaction.locale).say("members.no-last"))
        return newest[0]


def _label(record: Record) -> str:
    return clip(f"{record.job.id} · {record.recipe.words}", LABEL)
