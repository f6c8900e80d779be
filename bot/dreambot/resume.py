"""After a start: every job whose message does not show its end is followed on, in that message.

And whoever asked a bot that fell before it had queued the job is told to ask again.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from dreambot.lost_asks import lost_asks, own_up
from dreamqueue.client import QueueClient
from dreamqueue.errors import NoSuchJob, OtherVersion

if TYPE_CHECKING:
    from dreambot.app import DreamBot

log = logging.getLogger(__name__)


async def resume(bot: DreamBot, queue: QueueClient) -> int:
    """Follow on what the bot before left behind; returns how many jobs that are. Raises QueueAway."""
    lost = await lost_asks(queue)
    count = 0
    for job in await queue.unshown():
        try:
            record = await queue.record(job)
        except NoSuchJob:
            await queue.mark_shown(job)
            continue
        except OtherVersion:
            log.warning("job %s was written by another version; it is not followed", job)
            continue
        if record.reply is None:
            log.warning("job %s has no message: the bot fell between asking and saying so", job)
            await queue.mark_shown(job)
            continue
        bot.follow(queue, record.job, record.reply)
        count += 1
    for ask in lost:
        bot.later(own_up(bot, queue, ask))
    return count
