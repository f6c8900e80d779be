"""What a job's message would show just now, to be shown somewhere else as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dreambot.looked_at import LookedAt
from dreambot.message import JobMessage, Shown
from dreambot.watch import Watch
from dreamqueue.errors import NoSuchJob
from dreamqueue.job import Record

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def look(bot: DreamBot, record: Record, language: str, channel: int) -> Shown:
    """What the message of a job would show just now in a channel; nothing is followed. Raises NoSuchJob."""
    if record.reply is None:
        raise NoSuchJob(record.job.id)
    reply = record.reply.model_copy(update={"language": language, "channel": channel})
    watch = Watch(
        bot.queue, bot.pace, record.job, JobMessage(bot, bot.pace, reply), LookedAt(bot, reply, tells=False)
    )
    shown = await watch.as_it_is(record)
    if shown is None:  # it was begun just now
        shown = await watch.as_it_is(await bot.queue.record(record.job.id))
    if shown is None:
        raise NoSuchJob(record.job.id)
    return shown
