"""Stop and keep, Cancel: for the author, and for the channel's moderators. A second press changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from dreambot.errors import whisper
from dreambot.permissions import check_may_end, owner_of
from dreambot.texts import speech

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def stop(interaction: discord.Interaction[DreamBot], job: str, _detail: str) -> None:
    """End a job and keep what is there; its message tells."""
    await _end(interaction, job, "stop")


async def cancel(interaction: discord.Interaction[DreamBot], job: str, _detail: str) -> None:
    """End a job and keep nothing."""
    await _end(interaction, job, "cancel")


async def _end(interaction: discord.Interaction[DreamBot], job: str, verb: str) -> None:
    await interaction.response.defer()
    queue = interaction.client.queue
    check_may_end(interaction, await queue.record(job), verb)
    order = queue.stop if verb == "stop" else queue.cancel
    if not await order(job, owner_of(interaction)):
        await whisper(interaction, speech(interaction.locale).say("buttons.over"))
