"""Who is a moderator: the permission in this channel and, where the community names roles, one of those."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from dreambot.texts import speech
from dreamqueue.errors import NotYours

if TYPE_CHECKING:
    from dreambot.app import DreamBot


def is_moderator(interaction: discord.Interaction[DreamBot]) -> bool:
    """As Discord and the rights are at this press."""
    if not interaction.permissions.manage_messages:
        return False
    wanted = interaction.client.rights.moderators.roles
    roles = getattr(interaction.user, "roles", ())
    return not wanted or any(role.name in wanted or str(role.id) in wanted for role in roles)


def check_moderator(interaction: discord.Interaction[DreamBot]) -> None:
    """Raises NotYours for everybody else."""
    if not is_moderator(interaction):
        raise NotYours(speech(interaction.locale).say("moderators.only"))


def check_keeper(interaction: discord.Interaction[DreamBot]) -> None:
    """Raises NotYours unless a moderator asks, of a server whose moderators hold what all servers share."""
    check_moderator(interaction)
    servers = interaction.client.rights.moderators.servers
    if servers and str(interaction.guild_id) not in servers:
        raise NotYours(speech(interaction.locale).say("moderators.shared"))
