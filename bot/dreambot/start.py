"""From an interaction to a job that is followed: the road that /imagine and Again share."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import discord

from dreambot.permissions import owner_of
from dreambot.rights import share
from dreamqueue.job import Job, Reply
from dreamqueue.recipe import Recipe

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def think(interaction: discord.Interaction[DreamBot]) -> Reply:
    """Acknowledge with a public "thinking …"; the message in which the job will be shown."""
    answer = await interaction.response.defer(thinking=True)
    message = answer.message_id if answer is not None else None
    if message is None:
        message = (await interaction.original_response()).id
    return Reply(channel=cast(int, interaction.channel_id), message=message)


async def submit(
    interaction: discord.Interaction[DreamBot],
    reply: Reply,
    recipe: Recipe,
    *,
    typed: str,
    parent: str | None = None,
) -> Job:
    """Queue a recipe for the member who asked, and follow it in `reply`."""
    queue = interaction.client.queue
    mine = share(interaction)
    job = await queue.submit(
        recipe,
        owner_of(interaction),
        typed=typed,
        parent=parent,
        shown=True,
        reply=reply,
        upload_limit=interaction.filesize_limit,
        band=mine.band,
        weight=mine.weight,
        caps=mine.caps,
    )
    interaction.client.follow(queue, job, reply, interaction)
    return job
