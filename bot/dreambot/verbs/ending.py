"""Stop and keep, Cancel: for the author, and for the channel's moderators. A second press changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from dreambot.errors import whisper
from dreambot.moderation.audit import audit
from dreambot.permissions import check_may_end, owner_of
from dreambot.texts import speech
from dreamqueue.job import Record

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def stop(interaction: discord.Interaction[DreamBot], job: str, _detail: str) -> None:
    """End a job and keep what is there; its message tells."""
    await _end(interaction, job, "stop")


async def cancel(interaction: discord.Interaction[DreamBot], job: str, _detail: str) -> None:
    """End a job and keep nothing."""
    await _end(interaction, job, "cancel")


async def audit_if_anothers(interaction: discord.Interaction[DreamBot], record: Record, verb: str) -> None:
    """What a moderator does to somebody else's job is written down."""
    owner = record.job.owner
    if str(interaction.user.id) != owner.id:
        about = {"of": f"{owner.name} ({owner.id})", "words": record.recipe.words}
        await audit(interaction, f"job.{verb}", job=record.job.id, about=about)


async def _end(interaction: discord.Interaction[DreamBot], job: str, verb: str) -> None:
    await interaction.response.defer()
    queue = interaction.client.queue
    record = await queue.record(job)
    check_may_end(interaction, record, verb)
    order = queue.stop if verb == "stop" else queue.cancel
    if not await order(job, owner_of(interaction)):
        await whisper(interaction, speech(interaction.locale).say("buttons.over"))
        return
    await audit_if_anothers(interaction, record, verb)
