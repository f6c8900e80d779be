"""Asks that came to nothing and nobody said so: the member is told, in the message that says "thinking"."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, cast

import aiohttp
import discord

from dreambot.texts import speech
from dreamqueue import asks
from dreamqueue.client import QueueClient
from dreamqueue.errors import NoSuchJob, OtherVersion, QueueAway

if TYPE_CHECKING:
    from dreambot.app import DreamBot

log = logging.getLogger(__name__)

TELL_AGAIN = 3.0
"""Seconds until a member is told once more, where Discord could not be reached."""


async def lost_asks(queue: QueueClient) -> list[asks.Ask]:
    """Asks that a bot before took up and that have neither a job nor another answer. Raises QueueAway."""
    found: list[asks.Ask] = []
    for ask in await asks.left_behind(queue.redis):
        try:
            await queue.record(ask.job)
        except NoSuchJob:
            found.append(ask)
            continue
        except OtherVersion:
            log.warning("job %s was written by another version; its ask is left to it", ask.job)
        await asks.forget(queue.redis, ask.interaction)
    return found


async def own_up(bot: DreamBot, queue: QueueClient, ask: asks.Ask) -> None:
    """Say that nothing comes of an ask, as soon as Discord can be reached; then forget it."""
    answer = discord.Webhook.partial(ask.application, ask.token, client=bot)
    ends = time.monotonic() + asks.LIFE
    while time.monotonic() < ends:
        try:
            await answer.edit_message(cast(int, "@original"), content=speech().say("ask.again"))
            log.info("ask %s came to nothing, and the member knows", ask.interaction)
            break
        except discord.HTTPException as error:
            if error.status < 500 and error.status != 429:
                log.info("ask %s came to nothing, and has no message that could say so", ask.interaction)
                break
        except (aiohttp.ClientError, OSError):
            log.warning("ask %s came to nothing, and Discord cannot be reached to say so", ask.interaction)
        await asyncio.sleep(TELL_AGAIN)
    await forget(queue, ask.interaction)


async def forget(queue: QueueClient, interaction: int) -> None:
    """An ask needs nothing more, as soon as the queue can be told."""
    while True:
        try:
            await asks.forget(queue.redis, interaction)
            return
        except QueueAway:
            await asyncio.sleep(TELL_AGAIN)
