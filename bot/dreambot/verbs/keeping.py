"""Keep this frame, and one of several pictures alone: what is there already becomes a job that has ended, of
whoever pressed, in a message of its own. Anybody may, so often a minute."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import discord

from dreambot.found import seen_here
from dreambot.moderation.looked_at import action_from
from dreambot.permissions import check_can_post, owner_of
from dreambot.start import Asking
from dreambot.texts import speech
from dreambot.verbs.once import take_up_once
from dreamqueue.client import QueueClient
from dreamqueue.errors import DreamError, PictureError
from dreamqueue.job import Finished, Record, Stopped
from dreamqueue.kept import MOST_A_MINUTE, adopt, may_adopt
from dreamqueue.pictures import MAX_BYTES, MAX_PIXELS, open_picture
from dreamqueue.png import png_bytes
from dreamqueue.recipe import Recipe
from dreamqueue.sights import Sights

if TYPE_CHECKING:
    from dreambot.app import DreamBot

LARGEST_SIDE = 8192
HIDDEN = ("hold", "drop")


@dataclass(frozen=True)
class Shown:
    """A frame as people see it."""

    step: int
    data: bytes
    score: float | None = None
    seconds: float = 0.0
    seen: Sights = None
    """What the worker found on it."""
    spoiler: bool = False
    """Whether it was hidden until somebody clicks."""


async def keep(interaction: discord.Interaction[DreamBot], job: str, _detail: str = "") -> None:
    """Post the frame that stands in the message now as a picture of its own."""
    check_can_post(interaction)
    attached = _attached(interaction.message, job)

    async def adopted(ask: Asking) -> None:
        queue, me = interaction.client.queue, owner_of(interaction)
        record = await seen_here(interaction, job)
        frame = await _shown(queue, record, attached)
        if frame is None:
            raise PictureError(speech(interaction.locale).say("keeping.no-frame"))
        spoiler = _check_shown(interaction, record, frame.seen) or frame.spoiler
        await _check_pace(interaction)
        picture = await _own(queue, frame.data, record.recipe, ask.job)
        ending = Stopped(
            by=me, step=frame.step, picture=picture, score=frame.score, seconds=frame.seconds, seen=frame.seen
        )
        await _adopt(interaction, ask, record, record.recipe, ending, spoiler=spoiler)

    step = "newest" if attached is None else str(attached[0])
    await take_up_once(interaction, f"keep-{step}", job, adopted)


async def one(interaction: discord.Interaction[DreamBot], job: str, number: str) -> None:
    """Post one of several pictures alone, as it was painted."""
    check_can_post(interaction)

    async def adopted(ask: Asking) -> None:
        queue, said = interaction.client.queue, speech(interaction.locale)
        record = await seen_here(interaction, job)
        parts = record.ending.parts if isinstance(record.ending, Finished | Stopped) else ()
        if not number.isdecimal() or not 1 <= int(number) <= len(parts):
            raise PictureError(said.say("keeping.no-part"))
        part = parts[int(number) - 1]
        spoiler = _check_shown(interaction, record, part.seen)
        data = await queue.fetch(part.picture)
        if data is None:
            raise PictureError(said.say("keeping.forgotten"))
        await _check_pace(interaction)
        picture = await _own(queue, data, part.recipe, ask.job)
        done = Finished(picture=picture, score=part.score, seen=part.seen)
        me = owner_of(interaction)
        early = Stopped(by=me, step=part.step, picture=picture, score=part.score, seen=part.seen)
        ending = done if part.step >= part.recipe.last_step else early
        await _adopt(interaction, ask, record, part.recipe, ending, spoiler=spoiler)

    await take_up_once(interaction, f"one-{number}", job, adopted)


async def _adopt(
    interaction: discord.Interaction[DreamBot],
    ask: Asking,
    record: Record,
    recipe: Recipe,
    ending: Finished | Stopped,
    *,
    spoiler: bool = False,
) -> None:
    queue = interaction.client.queue
    hidden = spoiler or ask.reply.spoiler or (record.reply is not None and record.reply.spoiler)
    reply = ask.reply.model_copy(update={"spoiler": hidden})
    job = await adopt(
        queue.store,
        recipe,
        owner_of(interaction),
        ending,
        parent=record.job.id,
        reply=reply,
        typed=record.job.typed,
        upload_limit=interaction.filesize_limit,
        job_id=ask.job,
    )
    interaction.client.follow(queue, job, reply, interaction)


def _check_shown(interaction: discord.Interaction[DreamBot], record: Record, seen: Sights) -> bool:
    """Whether a picture of a job is shown here only to who clicks. Raises PictureError if it is held back or
    dropped, here or where the job hangs: moderators are not asked about it a second time."""
    action = action_from(interaction.client, record, interaction.channel_id or 0, seen)
    if action in HIDDEN:
        raise PictureError(speech(interaction.locale).say("keeping.hidden"))
    return action == "spoiler"


async def _check_pace(interaction: discord.Interaction[DreamBot]) -> None:
    """Raises DreamError for a member who makes more pictures their own than a minute has room for."""
    if not await may_adopt(interaction.client.queue.redis, owner_of(interaction).id):
        raise DreamError(speech(interaction.locale).say("keeping.too-many", most=MOST_A_MINUTE))


def _attached(message: discord.Message | None, job: str) -> tuple[int, discord.Attachment] | None:
    """The frame of this job that a message shows, and its step."""
    for attachment in message.attachments if message else ():
        match = re.fullmatch(rf"(?:SPOILER_)?{re.escape(job)}-(\d{{1,6}})\.jpg", attachment.filename)
        if match:
            return int(match[1]), attachment
    return None


async def _shown(
    queue: QueueClient, record: Record, attached: tuple[int, discord.Attachment] | None
) -> Shown | None:
    """The frame that the message shows; else the newest one that is still there."""
    newest = await queue.frame(record.job.id)
    if attached is not None:
        step, attachment = attached
        if newest is not None and newest.step == step:
            return Shown(step, newest.image, newest.score, newest.seconds, newest.seen)
        try:
            near = newest.seen if newest is not None else ()  # it was shown, so it was looked at as well
            seen = record.kept_seen.get(step, near)
            return Shown(step, await attachment.read(), seen=seen, spoiler=attachment.is_spoiler())
        except discord.HTTPException:
            pass
    if newest is not None:
        return Shown(newest.step, newest.image, newest.score, newest.seconds, newest.seen)
    for step in sorted(record.kept, reverse=True):
        data = await queue.fetch(record.kept[step])
        if data is not None:
            return Shown(step, data, seen=record.kept_seen.get(step))
    return None


async def _own(queue: QueueClient, data: bytes, recipe: Recipe, job: str) -> str:
    """Kept as a PNG that is this job's alone, with the recipe that paints it."""

    def encoded() -> bytes:
        picture = open_picture(data, max_bytes=4 * MAX_BYTES, max_pixels=MAX_PIXELS, side=LARGEST_SIDE)
        return png_bytes(picture, recipe, job)

    return await queue.keep(await asyncio.to_thread(encoded))
