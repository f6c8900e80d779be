"""Pages of the list of sanctions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from dreambot.buttons import JobButton
from dreambot.moderation.moderating import server_of
from dreambot.moderation.moderators import check_moderator
from dreambot.moderation.sanction_words import PAGE, page
from dreambot.texts import speech
from dreamqueue.sanctions import sanctioned

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def turn(interaction: discord.Interaction[DreamBot], _thing: str, detail: str) -> None:
    """Another page, in the place of this one."""
    check_moderator(interaction)
    await interaction.response.defer()
    text, buttons = await shown(interaction, int(detail) if detail.isascii() and detail.isdigit() else 0)
    await interaction.edit_original_response(content=text, view=buttons)


async def shown(
    interaction: discord.Interaction[DreamBot], number: int = 0
) -> tuple[str, discord.ui.View | None]:
    """A page in words, and buttons to those before and after it."""
    said = speech(interaction.locale)
    found = await sanctioned(interaction.client.queue.store, server_of(interaction))
    number = min(number, max(0, len(found) - 1) // PAGE)
    buttons = discord.ui.View(timeout=None)
    if number > 0:
        buttons.add_item(JobButton("mod-back", "list", str(number - 1), said))
    if (number + 1) * PAGE < len(found):
        buttons.add_item(JobButton("mod-on", "list", str(number + 1), said))
    return page(found, number, said), buttons if buttons.children else None
