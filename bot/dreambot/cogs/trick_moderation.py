"""/trick hide, unhide, rename and merge: for moderators, checked at every use, each in the audit log."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from dreambot.cogs.trick import choices, trick
from dreambot.errors import whisper
from dreambot.moderation.audit import audit
from dreambot.moderation.moderators import check_keeper
from dreambot.texts import speech

if TYPE_CHECKING:
    from dreambot.app import DreamBot


class TrickModeration(commands.Cog):
    """Nothing of its own: its commands are in the group."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot


@trick.command()
@app_commands.describe(name="The trick")
async def hide(interaction: discord.Interaction[DreamBot], name: str) -> None:
    """Moderators: take a trick off the menu."""
    await _hide(interaction, name, hidden=True)


@trick.command()
@app_commands.describe(name="The trick")
async def unhide(interaction: discord.Interaction[DreamBot], name: str) -> None:
    """Moderators: put a trick back on the menu."""
    await _hide(interaction, name, hidden=False)


@trick.command()
@app_commands.describe(name="The trick", to="Its new name; the old one goes on working")
async def rename(interaction: discord.Interaction[DreamBot], name: str, to: str) -> None:
    """Moderators: give a trick another name."""
    check_keeper(interaction)
    bot = interaction.client
    old = await bot.tricks.get(name)
    new = await bot.tricks.rename(old.name, to)
    await bot.shelf.refresh(bot.tricks)
    await audit(interaction, "trick.rename", about={"trick": old.name, "to": new.name})
    await whisper(interaction, speech(interaction.locale).say("trick.renamed", old=old.name, name=new.name))


@trick.command()
@app_commands.describe(name="The trick that goes", into="The one that it becomes part of")
async def merge(interaction: discord.Interaction[DreamBot], name: str, into: str) -> None:
    """Moderators: make two tricks one; votes and uses go along."""
    check_keeper(interaction)
    bot = interaction.client
    old = await bot.tricks.get(name)
    new = await bot.tricks.merge(old.name, into)
    await bot.shelf.refresh(bot.tricks)
    await audit(interaction, "trick.merge", about={"trick": old.name, "into": new.name})
    await whisper(interaction, speech(interaction.locale).say("trick.merged", old=old.name, name=new.name))


async def _hide(interaction: discord.Interaction[DreamBot], name: str, hidden: bool) -> None:
    check_keeper(interaction)
    bot = interaction.client
    one = await bot.tricks.hide(name, hidden)
    await bot.shelf.refresh(bot.tricks)
    key = "hidden" if hidden else "unhidden"
    await audit(interaction, f"trick.{'hide' if hidden else 'unhide'}", about={"trick": one.name})
    await whisper(interaction, speech(interaction.locale).say(f"trick.{key}", name=one.name))


@hide.autocomplete("name")
@unhide.autocomplete("name")
@rename.autocomplete("name")
@merge.autocomplete("name")
@merge.autocomplete("into")
async def suggest(interaction: discord.Interaction[DreamBot], typed: str) -> list[app_commands.Choice[str]]:
    """All tricks by that name, hidden ones too."""
    known = interaction.client.shelf.tricks.values()
    return choices(typed, (one for one in known if one.state != "merged"))
