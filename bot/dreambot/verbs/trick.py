"""Buttons under a trick, and Share trick under a picture. Anybody may press those of a trick, except that
nobody votes on their own; a picture's trick is shared by who asked for the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import discord

from dreambot.errors import whisper
from dreambot.gate import check_may_ask
from dreambot.permissions import owner_of
from dreambot.texts import speech
from dreambot.tricks import dialogs as trick_dialogs
from dreambot.tricks.views import found, listed

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def up(interaction: discord.Interaction[DreamBot], name: str, _detail: str) -> None:
    """A vote for it; pressed twice it is still one."""
    await vote(interaction, name, 1)


async def down(interaction: discord.Interaction[DreamBot], name: str, _detail: str) -> None:
    """A vote against it."""
    await vote(interaction, name, -1)


async def remix(interaction: discord.Interaction[DreamBot], name: str, _detail: str) -> None:
    """A dialog with it, to make something else of it."""
    await trick_dialogs.ask_for_remix(interaction, await found(interaction, name))


async def report(interaction: discord.Interaction[DreamBot], name: str, _detail: str) -> None:
    """A dialog for what is wrong with it."""
    await trick_dialogs.ask_why(interaction, await found(interaction, name))


async def share(interaction: discord.Interaction[DreamBot], job: str, _detail: str) -> None:
    """A dialog with what steered a picture."""
    await trick_dialogs.ask_for_share(interaction, job)


async def turn(interaction: discord.Interaction[DreamBot], which: str, page: str) -> None:
    """Another page of a list, in the message of the page before."""
    number = int(page) if page.isascii() and page.isdecimal() else 1
    text, view = listed(interaction, which, number)
    await interaction.response.edit_message(content=text, view=view)


async def vote(interaction: discord.Interaction[DreamBot], name: str, value: Literal[-1, 0, 1]) -> None:
    """Count a vote and say so to who gave it."""
    await check_may_ask(interaction)
    bot = interaction.client
    trick = await bot.tricks.vote((await found(interaction, name)).name, owner_of(interaction).id, value)
    bot.shelf.note(trick)
    said = speech(interaction.locale).say("trick.voted", name=trick.name, up=trick.up, down=trick.down)
    await whisper(interaction, said)
