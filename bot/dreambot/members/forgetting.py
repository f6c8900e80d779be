"""To be forgotten: asked back, then done beside everything else, and gone on with after a restart."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

import discord

from dreambot.copies import delete_message, remove_copies
from dreambot.errors import UNANSWERABLE
from dreambot.texts import Speech, speech
from dreamqueue import forgetting
from dreamqueue.errors import QueueAway
from dreamqueue.job import Owner

if TYPE_CHECKING:
    from dreambot.app import DreamBot

log = logging.getLogger(__name__)

TRY_AGAIN = 3.0
"""Seconds until a queue that is away is asked again."""


@dataclass
class Forgotten:
    """What came of it."""

    pictures: int = 0
    messages: int = 0
    stay: int = 0
    """Messages that could not be deleted."""
    open: int = 0
    """Jobs that no worker has ended yet."""


async def pressed(interaction: discord.Interaction[DreamBot], _thing: str, _detail: str) -> None:
    """Whoever pressed wants to be forgotten. A second press says that it is under way."""
    bot, said = interaction.client, speech(interaction.locale)
    who = Owner(id=str(interaction.user.id), name=said.say("privacy.somebody"))
    await forgetting.note(bot.queue.redis, who.id)
    began = who.id not in bot.forgetting  # what is noted may be of a press whose answer was lost
    bot.forgetting.add(who.id)
    told = said.say("privacy.begun" if began else "privacy.under-way")
    try:
        await interaction.response.edit_message(content=told, view=None)
    finally:
        if began:
            bot.later(_and_tell(interaction, who, said))


async def go_on(bot: DreamBot) -> None:
    """Finish what a bot before had begun; the member sees that their pictures are gone."""
    for member in await forgetting.left_behind(bot.queue.redis):
        await forget(bot, Owner(id=member, name=speech().say("privacy.somebody")))


async def forget(bot: DreamBot, who: Owner) -> Forgotten:
    """Erase all that is kept of a member, and delete the messages of their pictures; wait for a queue that
    is away."""
    found = Forgotten()
    bot.forgetting.add(who.id)
    try:
        while True:
            try:
                await _forget(bot, who, found)
                return found
            except QueueAway:
                log.warning("the queue is away; a member is forgotten as soon as it is back")
                await asyncio.sleep(TRY_AGAIN)
    finally:
        bot.forgetting.discard(who.id)


async def _forget(bot: DreamBot, who: Owner, found: Forgotten) -> None:
    queue = bot.queue
    found.stay = found.open = 0
    for record in await forgetting.end_all(queue, who):
        gone, stay = await remove_copies(bot, record.job.id)
        if record.reply is not None:
            own = await delete_message(bot, record.reply.channel, record.reply.message)
            gone, stay = gone + own, stay + (not own)
        found.messages += gone
        found.stay += stay
        if await forgetting.erase(queue, record):
            found.pictures += 1
        else:
            found.open += 1
    for forgets in forgetting.KEPT_ELSEWHERE.values():
        await forgets(queue, who.id)
    await forgetting.done(queue.redis, who.id)
    log.info("a member was forgotten: %d jobs, %d messages", found.pictures, found.messages)


async def _and_tell(interaction: discord.Interaction[DreamBot], who: Owner, said: Speech) -> None:
    found = await forget(interaction.client, who)
    lines = [said.say("privacy.done", pictures=found.pictures, messages=found.messages)]
    if found.stay:
        lines.append(said.say("privacy.stay", count=found.stay))
    if found.open:
        lines.append(said.say("privacy.open", count=found.open))
    lines.append(said.say("privacy.kept"))
    try:
        await interaction.edit_original_response(content="\n".join(lines), view=None)
    except UNANSWERABLE as error:
        log.info("whoever was forgotten is not told: %s", error)
