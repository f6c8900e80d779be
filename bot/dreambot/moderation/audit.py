"""What moderators do, and what is refused: a log line, a line in Redis, a line in the audit channel."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import discord

from dreambot import words
from dreambot.errors import UNANSWERABLE
from dreambot.permissions import owner_of
from dreamqueue.audit import Deed, keep
from dreamqueue.errors import QueueAway

if TYPE_CHECKING:
    from dreambot.app import DreamBot

log = logging.getLogger(__name__)

SHOWN = 300
"""Characters of each fact in the channel."""
TIME = re.compile(r"<t:[0-9]{1,12}:[a-zA-Z]>")
"""A time as Discord shows it to each in their own zone."""


async def audit(
    interaction: discord.Interaction[DreamBot],
    action: str,
    *,
    job: str | None = None,
    about: Mapping[str, object] | None = None,
    told: bool = True,
) -> None:
    """Note that who caused the interaction did something. What has to wait for Discord is an errand.

    `told` is False for what the audit channel need not hear; the log and Redis keep it all the same.
    """
    facts = {name: str(fact) for name, fact in (about or {}).items()}
    deed = Deed(action=action, by=owner_of(interaction), job=job, server=interaction.guild_id, about=facts)
    log.info("audit: %s", deed.model_dump_json(exclude_none=True), extra={"audit": action})
    try:
        await keep(interaction.client.queue.redis, deed)
    except QueueAway:
        log.error("the audit line above could not be kept: the queue is away")
    if told:
        interaction.client.later(_tell(interaction.client, interaction.guild, deed))


def line(deed: Deed) -> str:
    """A deed in one message, without mentions or markup."""
    job = f" · job `{deed.job}`" if deed.job else ""
    told = [f"{name}: {_fact(fact)}" for name, fact in deed.about.items() if fact]
    facts = f"\n-# {' · '.join(told)}" if told else ""
    by = words.plain(deed.by.name, words.NAME_SHOWN)
    return words.fit(f"`{deed.action}` · {by} (`{deed.by.id}`){job}{facts}")


def _fact(fact: str) -> str:
    return fact if TIME.fullmatch(fact) else words.plain(fact, SHOWN)


async def _tell(bot: DreamBot, guild: discord.Guild | None, deed: Deed) -> None:
    channel = named_channel(guild, bot.rights.moderators.audit)
    if channel is None:
        return
    try:
        await bot.pace.turn(channel.id)
        with bot.pace.listening(channel.id):
            await channel.send(line(deed))
    except UNANSWERABLE as error:
        log.warning("the audit channel does not take a line: %s", error)


def named_channel(guild: discord.Guild | None, name: str | None) -> discord.TextChannel | None:
    """A server's text channel by its id or name; None if there is none, or no name."""
    if guild is None or not name:
        return None
    return next((each for each in guild.text_channels if name in (str(each.id), each.name)), None)
