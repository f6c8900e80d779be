"""`/queue` for moderators, about jobs: view, clear, move, cancel, hold and release; those of this server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands

from dreambot.buttons import JobButton
from dreambot.cogs.queue_group import QUEUE
from dreambot.moderation.audit import audit
from dreambot.moderation.moderating import WHY, begin, job_of, say, server_of
from dreambot.moderation.moderators import check_keeper, is_moderator
from dreambot.moderation.queue_words import which
from dreambot.permissions import owner_of
from dreambot.texts import speech
from dreambot.verbs.queue_pages import shown, thing_of
from dreamqueue import controls, halts
from dreamqueue.controls import Those
from dreamqueue.errors import DreamError, QueueAway
from dreamqueue.sanctions import seconds_of
from dreamqueue.text import clip
from dreamqueue.views import view as look

if TYPE_CHECKING:
    from dreambot.app import DreamBot

Reason = app_commands.Range[str, 0, WHY]
Place = discord.TextChannel | discord.Thread | discord.VoiceChannel
JOB = "The job's id; it is shown in lists, and proposed here"
WHERE = [
    app_commands.Choice(name="to the front of all", value="front"),
    app_commands.Choice(name="before others", value="before"),
    app_commands.Choice(name="after all others", value="after"),
    app_commands.Choice(name="back to its own place", value="back"),
]


@QUEUE.command()
@app_commands.describe(
    member="Jobs of one member",
    channel="Jobs of one channel",
    worker="Jobs that one worker paints",
    page="Which page; ten jobs a page",
)
async def view(
    interaction: discord.Interaction[DreamBot],
    member: discord.User | None = None,
    channel: Place | None = None,
    worker: str = "",
    page: app_commands.Range[int, 1, 1000] = 1,
) -> None:
    """Moderators: which jobs are painted and wait, in their order."""
    await begin(interaction)
    text, buttons = await shown(interaction, _those(interaction, member, channel, worker=worker), page - 1)
    await say(interaction, text, buttons)


@QUEUE.command()
@app_commands.describe(
    member="What one member waits for", channel="What waits in one channel", lane="What waits in one lane"
)
async def clear(
    interaction: discord.Interaction[DreamBot],
    member: discord.User | None = None,
    channel: Place | None = None,
    lane: str = "",
) -> None:
    """Moderators: cancel all that waits, or that of a member, channel or lane. Asks back first."""
    said = await begin(interaction)
    those = _those(interaction, member, channel, lane=lane)
    count = (await look(interaction.client.queue.store, those, most=1)).total
    if not count:
        await say(interaction, said.say("queue.clear-nothing"))
        return
    sure = discord.ui.View(timeout=None)
    sure.add_item(JobButton("queue-clear", thing_of(those), said=said))
    await say(interaction, said.say("queue.clear-sure", count=count, which=which(those, said)), sure)


@QUEUE.command()
@app_commands.describe(job=JOB, where="Where it shall wait")
@app_commands.choices(where=WHERE)
async def move(interaction: discord.Interaction[DreamBot], job: str, where: str) -> None:
    """Moderators: let a waiting job go before others, or after them."""
    said = await begin(interaction)
    check_keeper(interaction)  # others are those of all servers
    await job_of(interaction, job)
    await controls.move(interaction.client.queue.store, job, where)
    await audit(interaction, "queue.move", job=job, about={"where": where})
    await say(interaction, said.say("queue.did-move", job=job))


@QUEUE.command()
@app_commands.describe(job=JOB, member="All jobs of a member, also those being painted")
async def cancel(
    interaction: discord.Interaction[DreamBot], job: str = "", member: discord.User | None = None
) -> None:
    """Moderators: cancel a job, or all of a member's."""
    said = await begin(interaction)
    queue, by = interaction.client.queue, owner_of(interaction)
    if bool(job) == (member is not None):
        raise DreamError(said.say("queue.one-of"))
    if member is not None:
        gone = await controls.cancel_all(queue.store, str(member.id), by, server_of(interaction))
        about = {"member": member.id, "jobs": len(gone), "ids": " ".join(gone[:20])}
        await audit(interaction, "queue.cancel-all", about=about)
        told = said.say("queue.did-cancel-all", count=len(gone), member=member.mention)
    else:
        record = await job_of(interaction, job)
        if not await queue.cancel(job, by):
            raise DreamError(said.say("buttons.over"))
        await audit(interaction, "queue.cancel", job=job, about={"member": record.job.owner.id})
        told = said.say("queue.did-cancel", job=job)
    await say(interaction, told)


@QUEUE.command()
@app_commands.describe(
    job=JOB,
    reason="For moderators; members do not read it",
    time="How long, such as 30m, 2h or 3d; without it until it is released",
)
async def hold(
    interaction: discord.Interaction[DreamBot], job: str, reason: Reason = "", time: str = ""
) -> None:
    """Moderators: hold a waiting job aside. It keeps its place in the queue."""
    said = await begin(interaction)
    seconds = seconds_of(time)
    record = await job_of(interaction, job)
    await controls.hold(interaction.client.queue.store, job, owner_of(interaction), reason, seconds)
    about = {"member": record.job.owner.id, "reason": reason, "time": time}
    await audit(interaction, "queue.hold", job=job, about=about)
    await say(interaction, said.say("queue.did-hold", job=job))


@QUEUE.command()
@app_commands.describe(job=JOB)
async def release(interaction: discord.Interaction[DreamBot], job: str) -> None:
    """Moderators: let a job go on that was held."""
    said = await begin(interaction)
    await job_of(interaction, job)
    released = await controls.release(interaction.client.queue.store, job)
    if released:
        await audit(interaction, "queue.release", job=job)
    await say(interaction, said.say("queue.did-release" if released else "queue.was-not-held", job=job))


@move.autocomplete("job")
@cancel.autocomplete("job")
@hold.autocomplete("job")
@release.autocomplete("job")
async def suggest_jobs(
    interaction: discord.Interaction[DreamBot], typed: str
) -> list[app_commands.Choice[str]]:
    """Jobs of this server, in their order."""
    if not is_moderator(interaction):
        return []
    try:
        found = await look(interaction.client.queue.store, Those(server=server_of(interaction)), most=200)
    except QueueAway:
        return []
    told = {job.id: f"{job.name}: {job.words} ({job.id})" for job in found.jobs}
    fitting = [(job, text) for job, text in told.items() if typed.lower() in text.lower()]
    return [app_commands.Choice(name=clip(text, 100), value=job) for job, text in fitting[:25]]


@view.autocomplete("worker")
async def suggest_workers(
    interaction: discord.Interaction[DreamBot], typed: str
) -> list[app_commands.Choice[str]]:
    """Live workers."""
    return await _named(interaction, "worker", typed)


@clear.autocomplete("lane")
async def suggest_lanes(
    interaction: discord.Interaction[DreamBot], typed: str
) -> list[app_commands.Choice[str]]:
    """Lanes that have jobs."""
    return await _named(interaction, "lane", typed)


async def _named(
    interaction: discord.Interaction[DreamBot], kind: str, typed: str
) -> list[app_commands.Choice[str]]:
    if not is_moderator(interaction):
        return []
    try:
        there = await halts.names(interaction.client.queue.store)
    except QueueAway:
        return []
    names = [name.partition(":")[2] for name in there if name.startswith(f"{kind}:")]
    fitting = [name for name in names if typed.lower() in name.lower() and len(name) <= 100]
    return [app_commands.Choice(name=name, value=name) for name in fitting[:25]]


def _those(
    interaction: discord.Interaction[DreamBot],
    member: discord.User | None,
    channel: Place | None,
    **named: str,
) -> Those:
    """The jobs that were asked about. Raises DreamError for several kinds at once."""
    given = {
        "member": str(member.id) if member else "",
        "channel": str(channel.id) if channel else "",
        **named,
    }
    kinds = [(kind, name) for kind, name in given.items() if name]
    if len(kinds) > 1:
        raise DreamError(speech(interaction.locale).say("queue.one-filter"))
    kind, name = kinds[0] if kinds else ("all", "")
    return Those(kind, name, server_of(interaction))
