"""Whoever set it is mentioned, once, when their job has ended: in a message that mentions nobody else.

It goes out before the job counts as shown. A bot that falls in between is followed by one that sends it
again, and Discord takes a message with the same nonce for the one it has.
"""

from __future__ import annotations

import asyncio
import logging

import discord

from dreambot.message import JobMessage, TryLater
from dreambot.texts import Speech
from dreamqueue.job import Cancelled, Ending, Finished, Job, Stopped

log = logging.getLogger(__name__)

TRIES = 5


def wants_to_hear(job: Job, ending: Ending) -> bool:
    """Whether this end is news for who asked: what they ended themselves is none."""
    if not job.owner.id.isdecimal():
        return False
    return not (isinstance(ending, Cancelled | Stopped) and ending.by.id == job.owner.id)


async def ping(message: JobMessage, job: Job, ending: Ending, said: Speech) -> None:
    """Mention who asked, unless Discord does not take it; the picture hangs all the same."""
    done = isinstance(ending, Finished | Stopped)
    text = said.say("job.done-ping" if done else "ping.over", who=f"<@{job.owner.id}>")
    for wait in range(1, TRIES + 1):
        try:
            await message.answer(text, mention=int(job.owner.id), nonce=job.id)
            return
        except TryLater as later:
            await asyncio.sleep(max(wait, later.at_least))
        except discord.HTTPException as error:
            log.info("whoever asked for job %s is not pinged: %s", job.id, error)
            return
    log.warning("whoever asked for job %s was not pinged: Discord did not take it", job.id)
