"""Delete: a picture, its message and its record go, after a second press. For the author and moderators."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import discord

from dreambot.buttons import buttons
from dreambot.copies import remove_copies
from dreambot.errors import whisper
from dreambot.permissions import check_may_end, owner_of
from dreambot.texts import speech
from dreambot.verbs.ending import audit_if_anothers
from dreamqueue.client import QueueClient
from dreamqueue.errors import NoSuchJob
from dreamqueue.events import Ended
from dreamqueue.job import Reply

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def delete(interaction: discord.Interaction[DreamBot], job: str, _detail: str = "") -> None:
    """Ask back, in a whisper with a button."""
    check_may_end(interaction, await interaction.client.queue.record(job), "delete")
    said = speech(interaction.locale)
    row = buttons(job, "delete-now", said=said)
    await interaction.response.send_message(said.say("delete.sure"), view=row, ephemeral=True)


async def delete_now(interaction: discord.Interaction[DreamBot], job: str, _detail: str = "") -> None:
    """It is meant. Whoever presses may have lost the right to, so it is looked at once more."""
    await interaction.response.defer()
    bot, queue, said = interaction.client, interaction.client.queue, speech(interaction.locale)
    try:
        record = await queue.record(job)
    except NoSuchJob:
        await _say(interaction, said.say("delete.gone"))
        return
    check_may_end(interaction, record, "delete")
    await queue.cancel(job, owner_of(interaction))
    if record.reply is not None:
        await _remove(bot, record.reply)
    await remove_copies(bot, job)
    with contextlib.suppress(NoSuchJob):
        if not await queue.erase(job):
            bot.later(_erase_at_its_end(bot, queue, job))
    await remove_copies(bot, job)  # one that was posted since
    await audit_if_anothers(interaction, record, "delete")
    await _say(interaction, said.say("delete.done"))


async def _say(interaction: discord.Interaction[DreamBot], text: str) -> None:
    """In place of the question."""
    if interaction.message is not None and interaction.message.flags.ephemeral:
        await interaction.edit_original_response(content=text, view=None)
    else:
        await whisper(interaction, text)


async def _remove(bot: DreamBot, reply: Reply) -> None:
    message = bot.get_partial_messageable(reply.channel).get_partial_message(reply.message)
    with contextlib.suppress(discord.NotFound):
        await message.delete()


async def _erase_at_its_end(bot: DreamBot, queue: QueueClient, job: str) -> None:
    """A worker has to hear first that it is cancelled."""
    with contextlib.suppress(NoSuchJob):
        async for news in queue.follow(job):
            if isinstance(news, Ended):
                await queue.erase(job)
                await remove_copies(bot, job)
