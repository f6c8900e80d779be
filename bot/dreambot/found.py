"""A job by the id that a member types, if it may be shown to them where they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import discord

from dreamqueue.errors import NoSuchJob
from dreamqueue.job import Record
from dreamqueue.text import quote

if TYPE_CHECKING:
    from dreambot.app import DreamBot

JOB = re.compile(r"(?:spoiler_)?([0-9a-f]{12})(?:-\d{1,6})?(?:\.[a-z]{1,5})?", re.IGNORECASE)
"""An id, or the name of a file that is named by it."""


async def job_here(interaction: discord.Interaction[DreamBot], typed: str) -> Record:
    """A job by its id or by the name of its file.

    Raises NoSuchJob for one that is unknown and, in the same words, for one that was not shown in this server
    or hangs where the member may not look.
    """
    match = JOB.fullmatch(typed.strip().lower())
    if match is None:
        raise NoSuchJob(quote(typed.strip(), 40))
    return await seen_here(interaction, match[1])


async def seen_here(interaction: discord.Interaction[DreamBot], job: str) -> Record:
    """A job by the id that a button has, which may be forged. Raises NoSuchJob as `job_here` does."""
    record = await interaction.client.queue.record(job)
    if not may_see(interaction, record):
        raise NoSuchJob(job)
    return record


def may_see(interaction: discord.Interaction[Any], record: Record) -> bool:
    """Whether a job was shown in this server, in a channel where the member may look; what hangs in an
    age-restricted channel stays in such."""
    reply, guild, member = record.reply, interaction.guild, interaction.user
    if reply is None or guild is None or reply.server != guild.id:
        return False
    if reply.channel == interaction.channel_id:
        return True
    channel = guild.get_channel_or_thread(reply.channel)
    if channel is None or not isinstance(member, discord.Member):
        return False
    if channel.is_nsfw() and not getattr(interaction.channel, "nsfw", False):
        return False
    if isinstance(channel, discord.Thread) and channel.is_private():
        return False
    return channel.permissions_for(member).read_messages
