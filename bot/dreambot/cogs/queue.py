"""`/queue` for moderators: pause, resume and drain; and the group's place among the bot's commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from dreambot.cogs import queue_jobs
from dreambot.cogs.queue_group import QUEUE
from dreambot.moderation import halting
from dreambot.moderation.moderating import WHY, begin, say
from dreambot.moderation.moderators import is_moderator
from dreambot.moderation.panel import Panels
from dreamqueue import halts
from dreamqueue.errors import QueueAway

if TYPE_CHECKING:
    from dreambot.app import DreamBot

__all__ = ["Queue", "queue_jobs"]

Reason = app_commands.Range[str, 0, WHY]
WHAT = "A backend, lane or worker; without it the whole queue"
TIME = "How long, such as 30m, 2h or 3d; without it until somebody resumes it"


class Queue(commands.Cog):
    """Hangs the group into the commands, and keeps the panels."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot
        self.panels = Panels(bot)

    async def cog_load(self) -> None:
        """With the bot's start."""
        self.bot.tree.add_command(QUEUE)
        self.panels.begin()

    async def cog_unload(self) -> None:
        """With its end."""
        await self.panels.close()


@QUEUE.command()
@app_commands.describe(what=WHAT, reason="What members read in their messages", time=TIME)
async def pause(
    interaction: discord.Interaction[DreamBot], what: str = "", reason: Reason = "", time: str = ""
) -> None:
    """Moderators: let nothing more be begun. What is being painted goes on."""
    await begin(interaction)
    await say(interaction, await halting.pause(interaction, what, reason, time))


@QUEUE.command()
@app_commands.describe(what=WHAT)
async def resume(interaction: discord.Interaction[DreamBot], what: str = "") -> None:
    """Moderators: let the queue go on, and take new pictures again."""
    await begin(interaction)
    await say(interaction, await halting.resume(interaction, what))


@QUEUE.command()
@app_commands.describe(reason="What members read who ask", time=TIME)
async def drain(interaction: discord.Interaction[DreamBot], reason: Reason = "", time: str = "") -> None:
    """Moderators: take no new pictures. What is in the queue is painted to its end."""
    await begin(interaction)
    await say(interaction, await halting.drain(interaction, reason, time))


@pause.autocomplete("what")
async def suggest_what(
    interaction: discord.Interaction[DreamBot], typed: str
) -> list[app_commands.Choice[str]]:
    """Backends, lanes and workers."""
    return await _choices(interaction, typed, halted=False)


@resume.autocomplete("what")
async def suggest_halted(
    interaction: discord.Interaction[DreamBot], typed: str
) -> list[app_commands.Choice[str]]:
    """What is halted."""
    return await _choices(interaction, typed, halted=True)


async def _choices(
    interaction: discord.Interaction[DreamBot], typed: str, halted: bool
) -> list[app_commands.Choice[str]]:
    if not is_moderator(interaction):
        return []
    store = interaction.client.queue.store
    try:
        names = list(await halts.halts(store)) if halted else await halts.names(store)
    except QueueAway:
        return []
    wanted = [name for name in names if typed.lower() in name.lower() and len(name) <= 100]
    return [app_commands.Choice(name=name.replace(":", " "), value=name) for name in wanted[:25]]
