"""What /show has posted goes with its picture: with Delete, with a moderator's Drop, with forget-me."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import aiohttp
import discord

from dreamqueue import copies
from dreamqueue.copies import Copy
from dreamqueue.errors import NoSuchJob
from dreamqueue.job import Record

if TYPE_CHECKING:
    from dreambot.app import DreamBot

log = logging.getLogger(__name__)


async def note_copy(bot: DreamBot, record: Record, channel: int, message: int) -> None:
    """A job, as it was in this record, is shown in one message more. Has it been erased or dropped since, the
    message goes at once. Raises QueueAway."""
    job, store = record.job.id, bot.queue.store
    if not await copies.note(store, job, Copy(channel, message)):
        await delete_message(bot, channel, message)
        return
    try:
        review = (await bot.queue.record(job)).review
    except NoSuchJob:
        await delete_message(bot, channel, message)
        return
    if review is not None and review.verdict == "drop" and record.review is None:
        await remove_copies(bot, job)


async def remove_copies(bot: DreamBot, job: str) -> tuple[int, int]:
    """Delete them: how many are gone, and how many could not be deleted. Raises QueueAway."""
    gone = stay = 0
    for copy in await copies.of(bot.queue.store, job):
        if await delete_message(bot, copy.channel, copy.message):
            gone += 1
            await copies.drop(bot.queue.store, job, copy)
        else:
            stay += 1
    return gone, stay


async def delete_message(bot: DreamBot, channel: int, message: int) -> bool:
    """Whether a message of the bot's is not there any more."""
    try:
        await bot.get_partial_messageable(channel).get_partial_message(message).delete()
    except discord.NotFound:
        return True
    except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
        log.warning("a message that should go stays: %s", error)
        return False
    return True
