"""The moderators' panel: one message a server in the channel of the rights' `panel`, kept as the queue is.

It is edited only when it would say something else, in the channel's turn; Discord counts edits of old
messages, so those are further apart. Its place is in Redis, so the next bot goes on with it; one that Redis
forgot is looked for in the channel, and where the message is gone a new one is posted.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

import discord

from dreambot.buttons import buttons
from dreambot.errors import UNANSWERABLE
from dreambot.message import OLD_GAP, JobMessage, MessageGone, Shown, TryLater
from dreambot.moderation.audit import named_channel
from dreambot.moderation.queue_words import panel
from dreambot.texts import speech
from dreamqueue.client import QueueClient
from dreamqueue.controls import Those
from dreamqueue.errors import QueueAway
from dreamqueue.job import Reply
from dreamqueue.overview import look
from dreamqueue.panel_place import panel_place, put_panel
from dreamqueue.store import queue_at_hand
from dreamqueue.views import view

if TYPE_CHECKING:
    from dreambot.app import DreamBot

log = logging.getLogger(__name__)

GAPS = 10
"""Gaps of the bot's pace between two looks: about ten seconds."""
CLOSED_FOR = 600.0
"""Seconds for which a channel is left alone that refused a message."""
LOOKED_BACK = 50
"""Messages of the channel among which a panel is looked for that Redis does not know."""
NEXT = 5
"""Jobs that the panel names."""
VERBS = ("panel-pause", "panel-resume", "panel-drain", "panel-refresh", "panel-jobs")


class Panels:
    """The panels of all servers."""

    def __init__(self, bot: DreamBot) -> None:
        self._bot = bot
        self._said: dict[str, str] = {}
        """What the panel of a server says."""
        self._closed: dict[str, float] = {}
        """Until when a server is left alone whose channel does not let the bot in, by the loop's clock."""
        self._task: asyncio.Task[None] | None = None

    def heard(self, server: str, text: str) -> None:
        """A press has changed what a panel says."""
        self._said[server] = text

    def begin(self) -> None:
        """Keep them, if the rights name a channel."""
        if self._bot.rights.moderators.panel:
            self._task = asyncio.create_task(self._run(), name="panels")

    async def close(self) -> None:
        """Leave them as they are."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        await self._bot.opened.wait()
        await self._bot.wait_until_ready()
        while True:
            for guild in list(self._bot.guilds):
                if self._closed.get(str(guild.id), 0.0) > asyncio.get_running_loop().time():
                    continue
                try:
                    await self._show(guild)
                except discord.Forbidden:
                    log.warning("the panel of server %s: its channel does not let me in", guild.id)
                    self._closed[str(guild.id)] = asyncio.get_running_loop().time() + CLOSED_FOR
                except (QueueAway, TryLater, MessageGone, *UNANSWERABLE) as error:
                    log.warning("the panel of server %s is not shown just now: %s", guild.id, error)
                except Exception:
                    log.exception("the panel of server %s broke", guild.id)
            await asyncio.sleep(GAPS * self._bot.pace.gap)

    async def _show(self, guild: discord.Guild) -> None:
        channel = named_channel(guild, self._bot.rights.moderators.panel)
        if channel is None:
            return
        server, queue = str(guild.id), self._bot.queue
        text = await rendered(queue, guild)
        place = await panel_place(queue.redis, server)
        if place is not None and place.channel == channel.id:
            if text == self._said.get(server):
                return
            await self._bot.pace.turn(channel.id)
            with contextlib.suppress(MessageGone):
                await self._edit(place, Shown(text, _buttons(guild)))
                self._said[server] = text
                return
        message = None if place is not None else await self._forgotten(channel)
        if message is None:
            await self._bot.pace.turn(channel.id)
            message = await channel.send(text, view=_buttons(guild))
        await put_panel(queue.redis, server, Reply(channel=channel.id, message=message.id, server=guild.id))
        if place is not None or message.content == text:
            self._said[server] = text

    async def _forgotten(self, channel: discord.TextChannel) -> discord.Message | None:
        """A panel that stands there and that Redis knows nothing of: its bot fell, or Redis lost it."""
        me = self._bot.user
        if me is None or not channel.permissions_for(channel.guild.me).read_message_history:
            return None
        async for message in channel.history(limit=LOOKED_BACK):
            if message.author.id == me.id and _is_panel(message):
                return message
        return None

    async def _edit(self, place: Reply, shown: Shown) -> None:
        message = JobMessage(self._bot, self._bot.pace, place)
        await message.edit(shown)
        if message.is_old:
            await asyncio.sleep(OLD_GAP)


async def rendered(queue: QueueClient, guild: discord.Guild) -> str:
    """What a server's panel says now. Raises QueueAway."""
    async with queue_at_hand():
        seen = await look(queue.store)
    upcoming = await view(queue.store, Those(), first=len(seen.painting), most=NEXT)
    return panel(seen, upcoming.jobs, str(guild.id), speech(guild.preferred_locale))


def _is_panel(message: discord.Message) -> bool:
    rows = [row for row in message.components if isinstance(row, discord.ActionRow)]
    ids = [getattr(button, "custom_id", None) or "" for row in rows for button in row.children]
    return any(custom_id.startswith(f"dream:{VERBS[0]}:") for custom_id in ids)


def _buttons(guild: discord.Guild) -> discord.ui.View:
    return buttons(str(guild.id), *VERBS, said=speech(guild.preferred_locale))


async def refresh(interaction: discord.Interaction[DreamBot]) -> None:
    """Show the queue as it is, in the panel that somebody pressed."""
    guild = interaction.guild
    if guild is not None:
        text = await rendered(interaction.client.queue, guild)
        panels: Panels | None = getattr(interaction.client.get_cog("Queue"), "panels", None)
        if panels is not None:
            panels.heard(str(guild.id), text)
        await interaction.edit_original_response(content=text, view=_buttons(guild))
