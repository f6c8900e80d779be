"""Show, Drop, Look: moderators decide about a picture that is held back. The first decision counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import discord

from dreambot import words
from dreambot.errors import whisper
from dreambot.moderation.audit import audit
from dreambot.moderation.looked_at import moderators_channel, pictures
from dreambot.moderation.moderators import check_moderator
from dreambot.permissions import owner_of
from dreambot.texts import speech
from dreamqueue.errors import NotYours, TooLate
from dreamqueue.job import Finished, Record, Review, Stopped
from dreamqueue.reviews import decide
from dreamqueue.sights import names

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def show(interaction: discord.Interaction[DreamBot], job: str, _detail: str) -> None:
    """Let everybody see it."""
    await _decide(interaction, job, "show")


async def drop(interaction: discord.Interaction[DreamBot], job: str, _detail: str) -> None:
    """Nobody sees it, and it is not kept."""
    await _decide(interaction, job, "drop")


async def look(interaction: discord.Interaction[DreamBot], job: str, _detail: str) -> None:
    """Show it to this moderator only."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    record, ending = await _held(interaction, job)
    found = await pictures(interaction.client.queue, record.job.id, ending)
    said = speech(interaction.locale)
    concepts = ", ".join(names(ending.seen) or [said.say("review.nobody-looked")])
    await interaction.followup.send(words.fit(words.plain(concepts)), files=found, ephemeral=True)
    await audit(interaction, "review-look", job=job, about=_about(record, ending))


async def _decide(
    interaction: discord.Interaction[DreamBot], job: str, verdict: Literal["show", "drop"]
) -> None:
    await interaction.response.defer()
    bot, queue = interaction.client, interaction.client.queue
    record, ending = await _held(interaction, job)
    counts, first = await decide(queue.store, record, Review(verdict=verdict, by=owner_of(interaction)))
    if first:
        await audit(interaction, f"review-{verdict}", job=job, about=_about(record, ending))
    if record.reply is not None:
        bot.later(bot.follow_again(queue, record.job, record.reply))
    said = speech(interaction.locale)
    line = said.say(f"review.{counts.verdict}-by", by=words.plain(counts.by.name, words.NAME_SHOWN))
    message = interaction.message
    if message is not None and record.reply is not None and message.id != record.reply.message:
        content = words.fit(f"{message.content.partition(LINE)[0]}{LINE}{line}")
        kept = message.attachments if counts.verdict == "show" else []
        await interaction.edit_original_response(content=content, view=None, attachments=kept)
    if not first:
        await whisper(interaction, said.say("review.late", line=line))


LINE = "\n**→** "
"""Before what was decided, under what the moderators were asked."""


async def _held(interaction: discord.Interaction[DreamBot], job: str) -> tuple[Record, Finished | Stopped]:
    """What is to be decided. Raises NotYours, NoSuchJob, QueueAway, TooLate."""
    check_moderator(interaction)
    said = speech(interaction.locale)
    record = await interaction.client.queue.record(job)
    reply = record.reply
    decided_in = set() if reply is None else {reply.channel}
    if reply is not None and (channel := moderators_channel(interaction.client, reply)) is not None:
        decided_in.add(channel.id)
    if reply is None or interaction.guild_id != reply.server or interaction.channel_id not in decided_in:
        raise NotYours(said.say("review.elsewhere"))
    if not isinstance(record.ending, Finished | Stopped):
        raise TooLate(said.say("review.nothing"))
    return record, record.ending


def _about(record: Record, ending: Finished | Stopped) -> dict[str, object]:
    found = names(ending.seen)
    return {
        "member": f"{record.job.owner.name} ({record.job.owner.id})",
        "prompt": record.recipe.words,
        "seed": record.recipe.seed,
        "found": "nobody looked" if found is None else ", ".join(found),
        "picture": ending.picture,
    }
