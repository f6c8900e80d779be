"""`/mod`: who may ask for nothing on this server, or for less than others, why and for how long."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from dreambot.moderation.audit import audit
from dreambot.moderation.moderating import WHY, begin, say, server_of
from dreambot.moderation.sanction_words import imposed
from dreambot.permissions import owner_of
from dreambot.texts import speech
from dreambot.verbs.sanctions import shown
from dreamqueue import controls
from dreamqueue.errors import DreamError
from dreamqueue.sanctions import Bar, Limit, forgive, impose, seconds_of

if TYPE_CHECKING:
    from dreambot.app import DreamBot

MOD = app_commands.Group(
    name="mod",
    description="Moderators: who may ask for what",
    guild_only=True,
    default_permissions=discord.Permissions(manage_messages=True),
)
"""Others hang their subgroups into it."""

Reason = app_commands.Range[str, 0, WHY]
MEMBER = "Who; also somebody who has left"
REASON = "The member reads it when asking, moderators in the list; nobody else"
TIME = "How long, such as 30m, 2h or 3d; without it until /mod unblock"


class Mod(commands.Cog):
    """Hangs the group into the commands."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """With the bot's start."""
        self.bot.tree.add_command(MOD)


@MOD.command()
@app_commands.describe(
    member=MEMBER, reason=REASON, time=TIME, cancel="Also cancel their jobs here, those being painted too"
)
async def block(
    interaction: discord.Interaction[DreamBot],
    member: discord.User,
    reason: Reason = "",
    time: str = "",
    cancel: bool = False,
) -> None:
    """Let a member ask for no pictures on this server."""
    await begin(interaction)
    await _bar(interaction, "mod.block", member, reason, seconds_of(time), cancel)


@MOD.command()
@app_commands.describe(member=MEMBER, time="How long, such as 30m, 2h or 3d", reason=REASON)
async def timeout(
    interaction: discord.Interaction[DreamBot], member: discord.User, time: str, reason: Reason = ""
) -> None:
    """Let a member ask for no pictures for a while."""
    said = await begin(interaction)
    seconds = seconds_of(time)
    if seconds is None:
        raise DreamError(said.say("mod.needs-a-time"))
    await _bar(interaction, "mod.timeout", member, reason, seconds, cancel=False)


@MOD.command()
@app_commands.describe(
    member=MEMBER,
    waiting="Jobs that may wait",
    minutes="Minutes of painting a day",
    steps="Steps of one job",
    reason=REASON,
    time=TIME,
)
async def limit(
    interaction: discord.Interaction[DreamBot],
    member: discord.User,
    waiting: app_commands.Range[int, 0, 1000] | None = None,
    minutes: app_commands.Range[float, 0, 1440] | None = None,
    steps: app_commands.Range[int, 1, 20_000] | None = None,
    reason: Reason = "",
    time: str = "",
) -> None:
    """Let a member ask for less than others. What is wider than their share changes nothing."""
    said = await begin(interaction)
    if waiting is None and minutes is None and steps is None:
        raise DreamError(said.say("mod.needs-a-number"))
    now, until = await _span(interaction, seconds_of(time))
    sanction = Limit(
        by=owner_of(interaction),
        since=now,
        why=reason,
        until=until,
        waiting=waiting,
        minutes_a_day=minutes,
        steps=steps,
    )
    await _lay(interaction, "mod.limit", member, sanction)


@MOD.command()
@app_commands.describe(member=MEMBER)
async def unblock(interaction: discord.Interaction[DreamBot], member: discord.User) -> None:
    """Let a member ask again as everybody does: no block, no time-out, no limit."""
    said = await begin(interaction)
    gone = await forgive(interaction.client.queue.store, server_of(interaction), str(member.id))
    if gone:
        await audit(interaction, "mod.unblock", about={"member": member.id, "name": member.display_name})
    await say(interaction, said.say("mod.forgiven" if gone else "mod.was-free", member=member.mention))


@MOD.command(name="list")
async def show(interaction: discord.Interaction[DreamBot]) -> None:
    """Who may ask for nothing here, or for less."""
    await begin(interaction)
    text, buttons = await shown(interaction)
    await say(interaction, text, buttons)


async def _bar(
    interaction: discord.Interaction[DreamBot],
    action: str,
    member: discord.User,
    reason: str,
    seconds: float | None,
    cancel: bool,
) -> None:
    now, until = await _span(interaction, seconds)
    sanction = Bar(by=owner_of(interaction), since=now, why=reason, until=until)
    await _lay(interaction, action, member, sanction, cancel)


async def _lay(
    interaction: discord.Interaction[DreamBot],
    action: str,
    member: discord.User,
    sanction: Bar | Limit,
    cancel: bool = False,
) -> None:
    said, store, server = speech(interaction.locale), interaction.client.queue.store, server_of(interaction)
    if member.bot:
        raise DreamError(said.say("mod.not-a-bot"))
    if member.id == interaction.user.id:
        raise DreamError(said.say("mod.not-yourself"))
    await impose(store, server, str(member.id), sanction)
    about: dict[str, object] = {"member": member.id, "name": member.display_name, "reason": sanction.why}
    if sanction.until is not None:
        about["until"] = f"<t:{sanction.until:.0f}:f>"
    if isinstance(sanction, Limit):
        about["limit"] = sanction.in_words
    told = [imposed(member.mention, sanction, said)]
    if cancel:
        gone = await controls.cancel_all(store, str(member.id), owner_of(interaction), server)
        about["cancelled"] = len(gone)
        told.append(said.say("mod.cancelled", count=len(gone)))
    await audit(interaction, action, about=about)
    await say(interaction, "\n".join(told))


async def _span(
    interaction: discord.Interaction[DreamBot], seconds: float | None
) -> tuple[float, float | None]:
    """Now, and when it ends, by Redis' clock."""
    now = await interaction.client.queue.store.now()
    return now, None if seconds is None else now + seconds
