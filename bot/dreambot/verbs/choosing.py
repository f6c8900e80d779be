"""Choose, Best by CLIP: which of the candidates goes on. For the author, and for the channel's moderators."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from dreambot.errors import whisper
from dreambot.permissions import check_may_end, owner_of
from dreambot.texts import speech
from dreambot.verbs.ending import audit_if_anothers
from dreamqueue.errors import TooLate

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def choose(interaction: discord.Interaction[DreamBot], job: str, number: str) -> None:
    """This one goes on when all were tried; the message says so, and another choice may still follow."""
    await _choose(interaction, job, int(number) if number.isdecimal() else 0)


async def best(interaction: discord.Interaction[DreamBot], job: str, _detail: str) -> None:
    """The trial is over, and the best one goes on."""
    await _choose(interaction, job, None)


async def _choose(interaction: discord.Interaction[DreamBot], job: str, pick: int | None) -> None:
    await interaction.response.defer()
    queue, said = interaction.client.queue, speech(interaction.locale)
    record = await queue.record(job)
    check_may_end(interaction, record, "choose")
    if record.ending is not None:
        raise TooLate(said.say("buttons.over"))
    recipe, frame = record.recipe, await queue.frame(job)
    if pick is not None and not 1 <= pick <= record.job.recipe.candidates:
        raise TooLate(said.say("buttons.another-time"))
    if recipe.candidates > 1 and frame is not None and frame.step >= recipe.trial_steps:
        raise TooLate(said.say("choosing.tried"))
    if not await queue.choose(job, pick, owner_of(interaction)):
        raise TooLate(said.say("buttons.over"))
    await audit_if_anothers(interaction, record, "choose")
    told = "choosing.best-taken" if pick is None else "choosing.taken"
    await whisper(interaction, said.say(told, number=pick, step=recipe.trial_steps))
