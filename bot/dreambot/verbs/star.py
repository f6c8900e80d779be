"""★: a member likes a picture, or does so no more. Anybody but who asked for it; the button counts."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

import discord

from dreambot.buttons import ID, JobButton
from dreambot.errors import whisper
from dreambot.found import seen_here
from dreambot.permissions import owner_of
from dreambot.texts import speech
from dreamqueue.job import Record

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def star(interaction: discord.Interaction[DreamBot], job: str, _detail: str = "") -> None:
    """Give or take back a star, and show how many there are."""
    queue, said = interaction.client.queue, speech(interaction.locale)
    await interaction.response.defer()
    record = await seen_here(interaction, job)
    given = await queue.stars.toggle(job, owner_of(interaction))
    view = _counting(interaction.message, record, await queue.stars.of(job))
    if view is not None:
        with contextlib.suppress(discord.HTTPException):  # an old message takes few edits
            await interaction.edit_original_response(view=view)
    await whisper(interaction, said.say("star.given" if given.on else "star.taken-back", count=given.count))


def _counting(message: discord.Message | None, record: Record, count: int) -> discord.ui.View | None:
    """The buttons of the message with another number of stars; None if there is nothing to change."""
    said = speech(record.reply.language if record.reply else "en")
    view = discord.ui.View(timeout=None)
    for number, row in enumerate(message.components if message else ()):
        for part in row.children if isinstance(row, discord.ActionRow) else ():
            match = re.fullmatch(ID, getattr(part, "custom_id", None) or "")
            if not isinstance(part, discord.Button) or match is None:
                return None
            verb, thing, detail = match["verb"], match["thing"], match["detail"] or ""
            if (verb, thing) == ("star", record.job.id):
                detail = str(count) if count else ""
            view.add_item(JobButton(verb, thing, detail, said, number))
    return view if view.children else None
