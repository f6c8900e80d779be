"""A trick as a message, with its example pictures and buttons; a page of the list."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import discord

from dreambot import words
from dreambot.buttons import JobButton
from dreambot.found import may_see
from dreambot.moderation.looked_at import action_from
from dreambot.moderation.moderators import is_moderator
from dreambot.permissions import owner_of
from dreambot.texts import Speech, speech
from dreambot.tricks import words as trick_words
from dreambot.verbs import VERBS
from dreamqueue.errors import DreamError, NotYours, UnknownWord
from dreamqueue.job import Finished, Stopped
from dreamqueue.tricks import Trick
from dreamqueue.tricks.store import owned_by, unknown

if TYPE_CHECKING:
    from dreambot.app import DreamBot

ROW = ("trick-try", "trick-up", "trick-down", "trick-remix", "trick-report")


def row(trick: Trick, said: Speech) -> discord.ui.View:
    """The buttons of a trick."""
    view = discord.ui.View(timeout=None)
    for verb in ROW:
        if verb in VERBS:
            view.add_item(JobButton(verb, trick.name, "", said))
    return view


async def show(interaction: discord.Interaction[DreamBot], trick: Trick, *, announced: bool = False) -> None:
    """Show a trick to all in the channel; a hidden one only to who may see it. Raises UnknownWord."""
    bot, said = interaction.client, speech(interaction.locale)
    hidden = trick.state == "hidden"
    if hidden and not (is_moderator(interaction) or owned_by(trick, owner_of(interaction))):
        raise unknown(trick.name, bot.shelf.styles)
    await interaction.response.defer(ephemeral=hidden, thinking=True)
    text = trick_words.shown(trick, bot.shelf.tricks.values(), said, bot.shelf.measured.get(trick.name))
    if announced:
        name = words.plain(owner_of(interaction).name, words.NAME_SHOWN)
        text = words.fit(f"{said.say('trick.added', name=name)}\n{text}")
    files = await _examples(interaction, trick)
    await interaction.edit_original_response(content=text, view=row(trick, said), attachments=files)


async def found(interaction: discord.Interaction[DreamBot], name: str) -> Trick:
    """The trick that a name means, if this member may see it. Raises UnknownWord, QueueAway."""
    bot = interaction.client
    try:
        trick = await bot.tricks.get(name)
    except UnknownWord:
        raise unknown(name, bot.shelf.styles) from None
    if trick.state == "hidden" and not (is_moderator(interaction) or owned_by(trick, owner_of(interaction))):
        raise unknown(name, bot.shelf.styles)
    return trick


def listed(
    interaction: discord.Interaction[DreamBot], which: str, number: int
) -> tuple[str, discord.ui.View]:
    """A page of a list and the buttons that turn it. Raises NotYours for what is for moderators."""
    said, shelf = speech(interaction.locale), interaction.client.shelf
    if which == trick_words.REPORTED and not is_moderator(interaction):
        raise NotYours(said.say("moderators.only"))
    tricks = trick_words.chosen(shelf.tricks, which)
    text, number = trick_words.page(tricks, number, which, said, shelf.measured)
    view = discord.ui.View(timeout=None)
    if number > 1:
        view.add_item(JobButton("trick-newer", which, str(number - 1), said))
    if number * trick_words.PAGE < len(tricks):
        view.add_item(JobButton("trick-older", which, str(number + 1), said))
    return text, view


async def _examples(interaction: discord.Interaction[DreamBot], trick: Trick) -> list[discord.File]:
    """Pictures that were painted with it, are still kept, and hang where this member may look; no more of
    them is shown than may be both there and here."""
    queue = interaction.client.queue
    files: list[discord.File] = []
    for job in trick.examples:
        try:
            record = await queue.record(job)
            ending = record.ending
            if not may_see(interaction, record) or not isinstance(ending, (Finished, Stopped)):
                continue
            here = action_from(interaction.client, record, interaction.channel_id or 0, ending.seen)
            picture = await queue.fetch(ending.picture) if here in ("post", "spoiler") else None
        except DreamError:
            continue
        if picture is not None and len(picture) <= interaction.filesize_limit:
            spoiler = here == "spoiler" or bool(record.reply and record.reply.spoiler)
            kind = "webp" if picture[:4] == b"RIFF" else "png"
            files.append(discord.File(io.BytesIO(picture), f"{job}.{kind}", spoiler=spoiler))
    return files
