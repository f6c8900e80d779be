"""What the member behind an interaction may take of the queue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from dreambot.permissions import owner_of
from dreamqueue.rights import Named, Share, share_of
from dreamqueue.sanctions import Standing

if TYPE_CHECKING:
    from dreambot.app import DreamBot


def share(interaction: discord.Interaction[DreamBot]) -> Share:
    """By the member's roles, the channel (of a thread its parent) and the server, as they are now.

    What moderators left of it is known once the gate was asked (`dreambot.gate`).
    """
    bot, user, channel, guild = interaction.client, interaction.user, interaction.channel, interaction.guild
    if isinstance(channel, discord.Thread) and channel.parent is not None:
        channel = channel.parent
    whole = share_of(
        bot.rights,
        owner_of(interaction).id,
        roles=[Named(str(role.id), role.name) for role in getattr(user, "roles", ())],
        channel=None if channel is None else Named(str(channel.id), getattr(channel, "name", None) or ""),
        server=None if guild is None else Named(str(guild.id), guild.name),
        waiting=bot.settings.max_waiting_per_member,
    )
    standing: Standing | None = interaction.extras.get("standing")
    limit = None if standing is None else standing.limit
    return whole if limit is None else limit.narrowed(whole)
