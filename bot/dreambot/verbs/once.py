"""A press that makes a new job: the same member's second one within a few seconds makes none."""

from __future__ import annotations

import contextlib
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


async def counted_once(
    interaction: discord.Interaction[DreamBot],
    verb: str,
    thing: str,
    work: Callable[[], Awaitable[object]],
    *more: str,
) -> None:
    """Do what a press asks for, unless the same member pressed this (and typed `more`) a moment ago.

    If it raises, it may be pressed again at once. Raises DreamError for a second press.
    """
    bot, mine = interaction.client, str(interaction.id)
    redis = bot.queue.redis
    typed = [hashlib.sha256("\n".join(more).encode()).hexdigest()[:16]] if more else []
    intent = (verb, thing, owner_of(interaction).id, *typed)
    async with in_time(interaction):
        before = await once.first(redis, mine, *intent)
    if before not in (None, mine):  # mine: Redis was asked again, because its answer was lost
        raise DreamError(speech(interaction.locale).say("buttons.twice"))
    try:
        await work()
    except Exception:
        bot.later(once.again(redis, *intent))  # the member is told first
        raise


async def take_up_once(
    interaction: discord.Interaction[DreamBot],
    verb: str,
    thing: str,
    work: Callable[[Asking], Awaitable[object]],
    *texts: str,
) -> None:
    """`take_up`, for a press that counts once."""

    async def taken_up() -> None:
        failed: list[Exception] = []

        async def worked(ask: Asking) -> None:
            try:
                await work(ask)
            except Exception as error:
                failed.append(error)
                raise

        await take_up(interaction, worked, *texts)
        if failed:
            raise _Answered

    with contextlib.suppress(_Answered):
        await counted_once(interaction, verb, thing, taken_up, *texts)


class _Answered(Exception):
    """It came to nothing, and the member was told why."""
