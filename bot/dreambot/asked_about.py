"""The pictures that a command is about: attached to it, on a message, or of a job; as keys of the album."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import discord

from dreambot.looked_at import action_in
from dreambot.texts import speech
from dreamqueue import pictures
from dreamqueue.errors import NoSuchJob, PictureError, TooLate
from dreamqueue.job import Finished, Reply, Stopped
from dreamqueue.sights import Sights
from dreamqueue.text import clip, quote

if TYPE_CHECKING:
    from dreambot.app import DreamBot

DECODERS = 2
"""Pictures of members that are decoded at once: a large one needs some hundred megabytes."""
SIDE = 640
"""Pixels that the long side keeps: a critic sees less."""
JOB = re.compile(r"[0-9a-f]{1,40}")


class Reader:
    """Reads what members attach, few at a time."""

    def __init__(self) -> None:
        self._decoding = asyncio.Semaphore(DECODERS)

    async def keep(self, bot: DreamBot, file: discord.Attachment) -> str:
        """The picture's key. Raises PictureError, QueueAway."""
        check_declared(file)
        try:
            data = await file.read()
        except discord.HTTPException as error:
            raise PictureError("Discord does not give me this file. Please attach it again.") from error
        async with self._decoding:
            whole = await asyncio.to_thread(pictures.read_picture, data, side=SIDE)
        return await bot.queue.keep(whole)


def on_message(message: discord.Message) -> discord.Attachment:
    """The first picture of a message. Raises PictureError if it has none."""
    for file in message.attachments:
        if (file.content_type or "").startswith("image/"):
            return file
    raise PictureError("This message has no picture.")


async def of_job(interaction: discord.Interaction[DreamBot], job: str) -> Sequence[tuple[str, str]]:
    """Labels and keys of a job's pictures: of each, where it painted several.

    Raises NoSuchJob also for one that who asks cannot see, TooLate if no picture of it may be seen here.
    """
    bot = interaction.client
    job = job.strip().strip("`").lower()
    if not JOB.fullmatch(job):
        raise NoSuchJob(quote(clip(job, 40)))
    record = await bot.queue.record(job)
    if record.reply is None or not _can_see(interaction, record.reply):
        raise NoSuchJob(job)
    ending, said = record.ending, speech(interaction.locale)
    if not isinstance(ending, Finished | Stopped):
        raise TooLate(said.say("describe.no-picture"))

    def visible(seen: Sights) -> bool:
        here = action_in(bot, interaction.channel_id or 0, seen, record.review)
        return here in ("post", "spoiler")

    parts = [(part.label, part.picture) for part in ending.parts if visible(part.seen)]
    if not parts and visible(ending.seen):
        parts = [(job, ending.picture)]
    if not parts:
        raise TooLate(said.say("review.dropped"))
    return parts


def _can_see(interaction: discord.Interaction[DreamBot], reply: Reply) -> bool:
    """Whether who asks sees the channel where a job is shown."""
    if reply.server != interaction.guild_id:
        return False
    channel = interaction.client.get_channel(reply.channel)
    if not isinstance(channel, discord.abc.GuildChannel | discord.Thread):
        return reply.channel == interaction.channel_id
    member = interaction.user
    return isinstance(member, discord.Member) and channel.permissions_for(member).view_channel


def check_declared(file: discord.Attachment) -> None:
    """Raises PictureError for what need not be downloaded, judging by what Discord says of it."""
    if file.size > pictures.MAX_BYTES:
        most, has = pictures.MAX_BYTES / 2**20, file.size / 2**20
        raise PictureError(f"The file has {has:.1f} MiB, and I take up to {most:g} MiB.")
    kind = (file.content_type or "image/").partition("/")[0]
    if kind != "image":
        found = quote(file.content_type or "")
        raise PictureError(f"This is no picture but `{found}`. I can read PNG, JPEG, WebP, GIF and BMP.")
