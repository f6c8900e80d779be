"""Which job a message shows, and which pictures it or a job holds: for whatever looks at pictures.

What a message says proves nothing: anybody can write an id, or send a file of that name. So it has to be the
bot's own, and the record has to name this message; or, where the bot showed a job again, one of the buttons
that only it can give out has to name a job of this server.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import discord

from dreambot.buttons import ID
from dreambot.found import JOB, job_here, may_see
from dreambot.moderation.looked_at import action_from
from dreambot.texts import speech
from dreambot.uploads import check_declared
from dreamqueue.errors import DreamError, NoSuchJob, OtherVersion, TooLate
from dreamqueue.job import Finished, Record, Stopped
from dreamqueue.sights import Sights

if TYPE_CHECKING:
    from dreambot.app import DreamBot

ANIMATION = ".gif"
CRITICS_SIDE = 640
"""Pixels that the long side keeps of what a critic looks at: it sees less."""


async def job_of(interaction: discord.Interaction[DreamBot], message: discord.Message) -> Record | None:
    """The job that a message shows; None if it shows none that is known."""
    bot = interaction.client
    if bot.user is None or message.author.id != bot.user.id:
        return None
    pressed = set(_pressable(message))
    for name in dict.fromkeys((*pressed, *_named(message))):
        try:
            record = await bot.queue.record(name)
        except (NoSuchJob, OtherVersion):
            continue
        if record.reply is not None and record.reply.message == message.id:
            return record
        if name in pressed and may_see(interaction, record):
            return record
    return None


def picture_of(interaction: discord.Interaction[DreamBot], message: discord.Message) -> discord.Attachment:
    """A message's picture, rather a still one. Raises DreamError if it has none, PictureError if it is too
    large to be looked at."""
    pictures = [
        file for file in message.attachments if (file.content_type or "").partition("/")[0] == "image"
    ]
    if not pictures:
        raise DreamError(speech(interaction.locale).say("menus.no-picture"))
    still = next((file for file in pictures if not file.filename.endswith(ANIMATION)), pictures[0])
    check_declared(still.size, still.content_type, speech(interaction.locale))
    return still


async def keep(interaction: discord.Interaction[DreamBot], file: discord.Attachment) -> str:
    """The key of a member's picture, for a critic. Raises PictureError, QueueAway."""
    bot, said = interaction.client, speech(interaction.locale)
    check_declared(file.size, file.content_type, said)
    return await bot.queue.keep(await bot.uploads.picture(file.url, said, side=CRITICS_SIDE))


async def pictures_of(interaction: discord.Interaction[DreamBot], typed: str) -> Sequence[tuple[str, str]]:
    """Labels and keys of a job's pictures: of each, where it painted several.

    Raises NoSuchJob as `job_here` does, TooLate if no picture of it may be seen here.
    """
    record = await job_here(interaction, typed.strip("` "))
    ending, said = record.ending, speech(interaction.locale)
    if not isinstance(ending, Finished | Stopped):
        raise TooLate(said.say("describe.no-picture"))

    def visible(seen: Sights) -> bool:
        here = action_from(interaction.client, record, interaction.channel_id or 0, seen)
        return here in ("post", "spoiler")

    parts = [(part.label, part.picture) for part in ending.parts if visible(part.seen)]
    if not parts and visible(ending.seen):
        parts = [(record.job.id, ending.picture)]
    if not parts:
        raise TooLate(said.say("review.dropped"))
    return parts


def _pressable(message: discord.Message) -> Iterator[str]:
    for row in message.components:
        for part in getattr(row, "children", ()):
            match = re.fullmatch(ID, getattr(part, "custom_id", None) or "")
            if match is not None and JOB.fullmatch(match["thing"]):
                yield match["thing"]


def _named(message: discord.Message) -> Iterator[str]:
    for file in message.attachments:
        match = JOB.fullmatch(file.filename)
        if match is not None:
            yield match[1]
