"""Who may do what where: what the bot needs in a channel, and who may touch a job."""

from __future__ import annotations

from typing import Any

import discord

from dreambot import words
from dreambot.checkup import NEEDED
from dreambot.moderation.moderators import is_moderator
from dreambot.texts import speech
from dreamqueue.errors import CannotPostHere, NotYours
from dreamqueue.job import Owner, Record
from dreamqueue.text import normalise


def check_can_post(interaction: discord.Interaction[Any]) -> None:
    """Raises CannotPostHere unless a picture may be posted where the interaction came from."""
    have = interaction.app_permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    send = {"send_messages": not in_thread, "send_messages_in_threads": in_thread}
    needed = [name for name, wanted in NEEDED if wanted and send.get(name, True)]
    missing = [spoken(name) for name in needed if not getattr(have, name)]
    if missing:
        raise CannotPostHere(missing)


def check_may_end(interaction: discord.Interaction[Any], record: Record, verb: str) -> None:
    """Raises NotYours unless it is the author's job, or a moderator's of the channel where it is shown.

    `verb` is what they want to do, with a text `buttons.do-<verb>`.
    """
    if str(interaction.user.id) == record.job.owner.id:
        return
    here = record.reply is not None and record.reply.channel == interaction.channel_id
    if not (here and is_moderator(interaction)):
        said = speech(interaction.locale)
        owner = words.plain(record.job.owner.name, words.NAME_SHOWN)
        raise NotYours(said.say("buttons.only-owner", owner=owner, deed=said.say(f"buttons.do-{verb}")))


def owner_of(interaction: discord.Interaction[Any]) -> Owner:
    """Whoever caused the interaction, as the queue knows people."""
    user = interaction.user
    return Owner(id=str(user.id), name=normalise(user.display_name) or normalise(user.name) or "?")


def spoken(permission: str) -> str:
    """A permission as Discord's settings call it: `send_messages` is `Send Messages`."""
    names = {"read_messages": "View Channel"}
    return names.get(permission, permission.replace("_", " ").title())
