"""Pages of jobs for moderators, and the button that asks whether they really mean to clear them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import discord

from dreambot.buttons import JobButton
from dreambot.moderation.audit import audit
from dreambot.moderation.moderating import server_of
from dreambot.moderation.moderators import check_moderator
from dreambot.moderation.queue_words import page as in_words
from dreambot.permissions import owner_of
from dreambot.texts import speech
from dreamqueue import controls, workers
from dreamqueue.controls import Those
from dreamqueue.errors import DreamError
from dreamqueue.store import queue_at_hand
from dreamqueue.views import PAGE, view

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def turn(interaction: discord.Interaction[DreamBot], thing: str, detail: str) -> None:
    """Another page, in the place of this one."""
    check_moderator(interaction)
    await interaction.response.defer()
    number = int(detail) if detail.isascii() and detail.isdigit() else 0
    text, buttons = await shown(interaction, await named(interaction, thing), number)
    await interaction.edit_original_response(content=text, view=buttons)


async def clear(interaction: discord.Interaction[DreamBot], thing: str, _detail: str) -> None:
    """Cancel what waits of them. Pressed again it finds nothing more."""
    check_moderator(interaction)
    await interaction.response.defer()
    those = await named(interaction, thing)
    gone = await controls.clear(interaction.client.queue.store, those, owner_of(interaction))
    about = {"which": f"{those.kind} {those.name}".strip(), "jobs": len(gone), "ids": " ".join(gone[:20])}
    await audit(interaction, "queue.clear", about=about)
    said = speech(interaction.locale)
    await interaction.edit_original_response(content=said.say("queue.did-clear", count=len(gone)), view=None)


async def shown(
    interaction: discord.Interaction[DreamBot], those: Those, number: int = 0
) -> tuple[str, discord.ui.View | None]:
    """A page in words, and buttons to those before and after it."""
    said = speech(interaction.locale)
    number = min(max(0, number), 10**6)
    found = await view(interaction.client.queue.store, those, number * PAGE)
    buttons, thing = discord.ui.View(timeout=None), thing_of(those)
    if number > 0:
        buttons.add_item(JobButton("queue-back", thing, str(number - 1), said))
    if found.first + len(found.jobs) < found.total:
        buttons.add_item(JobButton("queue-on", thing, str(number + 1), said))
    return in_words(found, those, said), buttons if buttons.children else None


def thing_of(those: Those) -> str:
    """Some jobs as a button's id names them; a name that does not fit is told by its beginning."""
    return f"{those.kind}-{_slug(those.name)}"


async def named(interaction: discord.Interaction[DreamBot], thing: str) -> Those:
    """The jobs of this server that a button's id names. Raises DreamError for a forged one."""
    kind, _, name = thing.partition("-")
    if kind == "worker":
        async with queue_at_hand():
            awake = await workers.awake(interaction.client.queue.redis)
        name = next((card.name for card in awake if _slug(card.name) == name), name)
    try:
        return Those(kind, name, server_of(interaction))
    except DreamError:
        raise DreamError(speech(interaction.locale).say("buttons.another-time")) from None


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)[:30]
