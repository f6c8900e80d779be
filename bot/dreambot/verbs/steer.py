"""Steer: other words from here on, typed into a dialog. For the author, and for the channel's moderators."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import discord

from dreambot import words
from dreambot.dialogs import Field, open_dialog
from dreambot.errors import whisper
from dreambot.gate import check_may_ask, check_words
from dreambot.permissions import check_may_end, owner_of
from dreambot.rights import share
from dreambot.texts import speech
from dreambot.verbs.ending import audit_if_anothers
from dreambot.verbs.once import counted_once
from dreamqueue.errors import PromptError, TooLate
from dreamqueue.job import Record
from dreamqueue.prompt import parse_turn, spoken
from dreamqueue.turns import held

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def steer(interaction: discord.Interaction[DreamBot], job: str, _detail: str = "") -> None:
    """Ask for the new words, beginning with those that pull at its end."""
    said = speech(interaction.locale)
    record = await _steerable(interaction, job)
    now = spoken(held(record.recipe, record.recipe.steps))
    field = Field("words", said.say("steer.words"), now, long=True, hint=said.say("steer.hint"))
    await open_dialog(interaction, said.say("steer.title"), field, verb="steer", thing=job)


async def steered(
    interaction: discord.Interaction[DreamBot], job: str, _detail: str, typed: Mapping[str, str]
) -> None:
    """Turn the job to what was typed."""
    bot, queue = interaction.client, interaction.client.queue
    said, text = speech(interaction.locale), typed["words"]

    async def turned() -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        record = await _steerable(interaction, job)
        await check_may_ask(interaction, text)
        phrases = parse_turn(text, share(interaction).within(bot.limits), menu=bot.menu)
        await check_words(interaction, *(phrase.text for phrase in phrases))
        if not await queue.steer(job, phrases, owner_of(interaction)):
            raise TooLate(said.say("buttons.over"))
        await audit_if_anothers(interaction, record, "steer")
        await whisper(interaction, said.say("steer.taken", words=words.plain(spoken(phrases))))

    await counted_once(interaction, "steer", job, turned, text)


async def _steerable(interaction: discord.Interaction[DreamBot], job: str) -> Record:
    record = await interaction.client.queue.record(job)
    check_may_end(interaction, record, "steer")
    if record.ending is not None:
        raise TooLate(speech(interaction.locale).say("buttons.over"))
    if record.recipe.several:
        raise PromptError(speech(interaction.locale).say("steer.several"))
    return record
