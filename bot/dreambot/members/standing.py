"""Where a member stands in the queue: their open jobs, each with a button that cancels it."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import discord

from dreambot import words
from dreambot.buttons import JobButton
from dreambot.lineage import link
from dreambot.permissions import check_may_end, owner_of
from dreambot.texts import Speech, speech
from dreamqueue.errors import NoSuchJob, NotYours
from dreamqueue.job import JobState, Record

if TYPE_CHECKING:
    from dreambot.app import DreamBot
    from dreamqueue.client import QueueClient

LISTED = 20
"""Jobs with a button of their own."""
WORDS_SHOWN = 60


async def tell(queue: QueueClient, member: str, said: Speech) -> tuple[str, discord.ui.View]:
    """Their list, and its buttons. As many as fit into a message, whole; of others their number."""
    records = await queue.open_of(member)
    view = discord.ui.View(timeout=None)
    if not records:
        return said.say("standing.none"), view
    lines = [said.say("standing.title", count=len(records))]
    room = words.LIMIT - len(lines[0]) - len(said.say("standing.more", count=len(records))) - 1
    listed = 0
    for number, record in enumerate(records[:LISTED], 1):
        line = f"{number}. {await _line(queue, record, said)}"
        room -= len(line) + 1
        if room < 0:
            break
        lines.append(line)
        listed = number
        label = said.say("standing.cancel", number=number)
        view.add_item(JobButton("cancel-mine", record.job.id, "", said, (number - 1) // 5, label))
    if len(records) > listed:
        lines.append(said.say("standing.more", count=len(records) - listed))
    view.add_item(JobButton("cancel-all-mine", "mine", "", said, 4))
    return words.fit("\n".join(lines)), view


async def cancel(interaction: discord.Interaction[DreamBot], job: str, _detail: str) -> None:
    """End one job of the list, and show what is left of it."""
    await interaction.response.defer()
    queue = interaction.client.queue
    with contextlib.suppress(NoSuchJob):
        record = await queue.record(job)
        check_may_end(interaction, record, "cancel")
        if record.job.owner.id != str(interaction.user.id):
            raise NotYours(speech(interaction.locale).say("standing.not-yours"))
        await queue.cancel(job, owner_of(interaction))
    await _again(interaction)


async def cancel_all(interaction: discord.Interaction[DreamBot], _thing: str, _detail: str) -> None:
    """End all jobs of whoever pressed."""
    await interaction.response.defer()
    queue, who = interaction.client.queue, owner_of(interaction)
    for record in await queue.open_of(who.id):
        with contextlib.suppress(NoSuchJob):
            await queue.cancel(record.job.id, who)
    await _again(interaction)


async def _again(interaction: discord.Interaction[DreamBot]) -> None:
    member, said = str(interaction.user.id), speech(interaction.locale)
    content, view = await tell(interaction.client.queue, member, said)
    await interaction.edit_original_response(content=content, view=view if view.children else None)


async def _line(queue: QueueClient, record: Record, said: Speech) -> str:
    job = record.job
    name = words.plain(record.recipe.words, WORDS_SHOWN)
    where = link(record.reply, said.say("standing.there")) if record.reply else f"`{job.id}`"
    return f"**{name}** · {await _state(queue, record, said)} · {where}"


async def _state(queue: QueueClient, record: Record, said: Speech) -> str:
    with contextlib.suppress(NoSuchJob):  # forgotten since the list was made
        place = await queue.place(record.job.id) if record.state is JobState.waiting else None
        if place is not None:
            return words.standing(place, said)
    frame = await queue.frame(record.job.id)
    return (
        said.say("job.begins") if frame is None else said.say("job.step", step=frame.step, steps=frame.steps)
    )
