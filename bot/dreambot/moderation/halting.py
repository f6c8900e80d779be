"""Moderators halt the queue and let it go on: the same deeds for the commands and for the panel's buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from dreambot.moderation.audit import audit
from dreambot.moderation.moderators import check_keeper
from dreambot.moderation.queue_words import halted
from dreambot.permissions import owner_of
from dreambot.texts import speech
from dreamqueue import halts
from dreamqueue.sanctions import seconds_of

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def pause(
    interaction: discord.Interaction[DreamBot], what: str = "", reason: str = "", time: str = ""
) -> str:
    """Pause the whole queue, or a backend, lane or worker; what to say of it. Raises NotYours."""
    check_keeper(interaction)
    store, seconds = interaction.client.queue.store, seconds_of(time)
    name = await halts.name_of(store, what)
    await halts.halt(store, name, owner_of(interaction), reason, seconds)
    await audit(interaction, "queue.pause", about={"what": name, "reason": reason, "time": time})
    said = speech(interaction.locale)
    return said.say("queue.did-pause", what=halted(name, said))


async def drain(interaction: discord.Interaction[DreamBot], reason: str = "", time: str = "") -> str:
    """Let no new jobs in; what to say of it. Raises NotYours."""
    check_keeper(interaction)
    store, seconds = interaction.client.queue.store, seconds_of(time)
    await halts.halt(store, halts.DRAIN, owner_of(interaction), reason, seconds)
    await audit(interaction, "queue.drain", about={"reason": reason, "time": time})
    return speech(interaction.locale).say("queue.did-drain")


async def resume(interaction: discord.Interaction[DreamBot], what: str = "") -> str:
    """Let something go on; without a name the whole queue, which takes new jobs again. What to say of it.

    Raises NotYours.
    """
    check_keeper(interaction)
    store, said = interaction.client.queue.store, speech(interaction.locale)
    names = [await halts.name_of(store, what)] if what else [halts.ALL, halts.DRAIN]
    lifted = [name for name in names if await halts.lift(store, name)]
    if lifted:
        await audit(interaction, "queue.resume", about={"what": ", ".join(lifted)})
    told = [
        said.say("queue.did-resume", what=", ".join(halted(name, said) for name in lifted))
        if lifted
        else said.say("queue.was-not-paused")
    ]
    if still := [halted(name, said) for name in await halts.halts(store)]:
        told.append(said.say("queue.still-paused", what=", ".join(still)))
    return "\n".join(told)
