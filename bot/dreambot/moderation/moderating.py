"""What all commands of moderators begin and end with: who may, "thinking …", an answer that only they see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from dreambot.moderation.moderators import check_moderator
from dreambot.texts import Speech, speech
from dreambot.words import fit
from dreamqueue.controls import asked_on
from dreamqueue.errors import NotYours
from dreamqueue.job import Record

if TYPE_CHECKING:
    from dreambot.app import DreamBot

WHY = 200
"""Characters of a reason."""


async def begin(interaction: discord.Interaction[DreamBot]) -> Speech:
    """Check that a moderator asks, and take time for the answer. Raises NotYours."""
    check_moderator(interaction)
    await interaction.response.defer(ephemeral=True, thinking=True)
    return speech(interaction.locale)


async def say(
    interaction: discord.Interaction[DreamBot], text: str, view: discord.ui.View | None = None
) -> None:
    """The answer."""
    await interaction.edit_original_response(content=fit(text), view=view)


def server_of(interaction: discord.Interaction[DreamBot]) -> str:
    """The server, as the queue knows it."""
    return str(interaction.guild_id or 0)


async def job_of(interaction: discord.Interaction[DreamBot], job: str) -> Record:
    """A job of this server. Raises NoSuchJob, or NotYours for one of another server."""
    record = await interaction.client.queue.record(job)
    if not asked_on(record, server_of(interaction)):
        raise NotYours(speech(interaction.locale).say("queue.elsewhere"))
    return record
