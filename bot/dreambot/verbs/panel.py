"""The panel's buttons. Each press is checked anew; pressed twice, by two at once, they come to the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from dreambot.errors import whisper
from dreambot.moderation import halting
from dreambot.moderation import panel as panels
from dreambot.moderation.moderating import server_of
from dreambot.moderation.moderators import check_moderator
from dreambot.verbs.queue_pages import shown
from dreamqueue.controls import Those

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def pause(interaction: discord.Interaction[DreamBot], _server: str, _detail: str) -> None:
    """Let nothing more be begun."""
    await _begin(interaction)
    await halting.pause(interaction)
    await panels.refresh(interaction)


async def resume(interaction: discord.Interaction[DreamBot], _server: str, _detail: str) -> None:
    """Let it go on, and new jobs in."""
    await _begin(interaction)
    told = await halting.resume(interaction)
    await panels.refresh(interaction)
    if "\n" in told:  # something is still paused
        await whisper(interaction, told)


async def drain(interaction: discord.Interaction[DreamBot], _server: str, _detail: str) -> None:
    """Let no new jobs in."""
    await _begin(interaction)
    await halting.drain(interaction)
    await panels.refresh(interaction)


async def refresh(interaction: discord.Interaction[DreamBot], _server: str, _detail: str) -> None:
    """Show it as it is now."""
    await _begin(interaction)
    await panels.refresh(interaction)


async def jobs(interaction: discord.Interaction[DreamBot], _server: str, _detail: str) -> None:
    """The jobs of this server, for whoever pressed."""
    check_moderator(interaction)
    await interaction.response.defer(ephemeral=True, thinking=True)
    text, buttons = await shown(interaction, Those(server=server_of(interaction)))
    await interaction.edit_original_response(content=text, view=buttons)


async def _begin(interaction: discord.Interaction[DreamBot]) -> None:
    check_moderator(interaction)
    await interaction.response.defer()
