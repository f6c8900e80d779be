"""A press that makes a new job: the same member's second one within a few seconds makes none."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import discord

from dreambot.haste import in_time
from dreambot.permissions import owner_of
from dreambot.start import Asking, take_up
from dreambot.texts import speech
from dreamqueue import once
from dreamqueue.errors import DreamError

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def check_first(
    interaction: discord.Interaction[DreamBot], verb: str, thing: str, *more: str
) -> tuple[str, ...]:
    """The intent of a press, which is this member's own. Raises DreamError where it was pressed just now."""
    told = [hashlib.sha256("\n".join(more).encode()).hexdigest()[:16]] if more else []
    intent = (verb, thing, owner_of(interaction).id, *told)
    async with in_time(interaction):
        fresh = await once.first(interaction.client.queue.redis, *intent)
    if not fresh:
        raise DreamError(speech(interaction.locale).say("buttons.twice"))
    return intent


async def take_up_once(
    interaction: discord.Interaction[DreamBot],
    verb: str,
    thing: str,
    work: Callable[[Asking], Awaitable[object]],
    *texts: str,
) -> None:
    """`take_up`, for a press that counts once. One that came to nothing may be made again at once."""
    bot = interaction.client
    intent = await check_first(interaction, verb, thing, *texts)

    async def worked(ask: Asking) -> None:
        try:
            await work(ask)
        except Exception:
            bot.later(once.again(bot.queue.redis, *intent))
            raise

    try:
        await take_up(interaction, worked, *texts)
    except Exception:
        bot.later(once.again(bot.queue.redis, *intent))
        raise
