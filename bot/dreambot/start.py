"""From an interaction to a job that is followed: the road that /imagine and Again share.

The id of the job is chosen before anything is answered, and noted with the ask. So a submission whose answer
was lost can be made again without becoming two jobs, and a bot knows what the one that fell had taken up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import discord

from dreambot.errors import UNANSWERABLE, answer
from dreambot.gate import check_may_ask, check_open
from dreambot.haste import in_time, waited
from dreambot.lost_asks import forget, own_up
from dreambot.members.tastes import tastes
from dreambot.moderation.word_rules import check_recipe, remember
from dreambot.permissions import owner_of
from dreambot.rights import share
from dreambot.texts import speech
from dreamqueue import asks
from dreamqueue.client import QueueClient
from dreamqueue.errors import DreamError, NoSuchJob, QueueAway
from dreamqueue.job import Job, Owner, Reply, new_job_id
from dreamqueue.recipe import Recipe
from dreamqueue.trial import Trial

if TYPE_CHECKING:
    from dreambot.app import DreamBot

log = logging.getLogger(__name__)

TOO_LATE = 2.5
"""Seconds after which no first answer is tried: Discord gives up after three."""
KEEP_TRYING = 120.0
"""Seconds for which a job is handed over again to a queue that went away meanwhile."""
DOUBT = 60.0
"""Seconds in which a submission may still arrive that we have given up."""


@dataclass(frozen=True)
class Asking:
    """An ask that is being answered."""

    job: str
    """The id that its job will have."""
    reply: Reply
    """The message that says "thinking …"."""


async def take_up(
    interaction: discord.Interaction[DreamBot], work: Callable[[Asking], Awaitable[object]], *texts: str
) -> None:
    """Note an ask, acknowledge it with a public "thinking …", and do the work that comes to its answer.

    `texts` are what the member wrote. What the work raises is answered to nobody but the member who asked.
    Raises what `check_may_ask` does, QueueAway, or QueueFull where that was so a moment ago, before anything
    is acknowledged. Of many at once some are taken up and the
    others wait; one for which that took too long is left, because Discord has told the member so already.
    """
    bot, queue = interaction.client, interaction.client.queue
    queue.check_room()
    await check_may_ask(interaction, *texts)
    check_open(interaction)
    ask = asks.Ask(
        interaction=interaction.id,
        application=interaction.application_id,
        token=interaction.token,
        job=new_job_id(),
        asked=interaction.created_at.timestamp(),
    )
    told = True
    try:
        async with bot.crowd:
            if waited(interaction) > TOO_LATE:
                log.debug("interaction %s was not answered in time: too many at once", interaction.id)
                return
            reply = await _noted(bot, queue, interaction, ask)
        await work(Asking(ask.job, reply))
    except _NotNoted:
        raise QueueAway from None
    except _Replayed:
        log.warning("interaction %s came twice; the second one is left", ask.interaction)
        return
    except Exception as error:
        told = await answer(interaction, error)
    bot.later(forget(queue, ask.interaction) if told else own_up(bot, queue, ask))


async def submit(
    interaction: discord.Interaction[DreamBot],
    ask: Asking,
    recipe: Recipe,
    *,
    typed: str,
    parent: str | None = None,
    trial: Trial | None = None,
    state: str | None = None,
    done: int = 0,
) -> Job:
    """Queue a recipe for the member who asked, and follow it in the message that answers. `state` and `done`
    as in QueueClient.submit.

    A queue that goes away meanwhile is tried again, and the message says so: nobody knows then whether it has
    taken the job. Raises what QueueClient.submit does; if nothing was to be started, nothing is.
    """
    queue, owner = interaction.client.queue, owner_of(interaction)
    await check_recipe(interaction, recipe)
    mine = share(interaction)
    if mine.steps is not None and recipe.work > mine.steps:
        raise DreamError(speech(interaction.locale).say("ask.too-long", steps=recipe.work, most=mine.steps))
    ends = time.monotonic() + KEEP_TRYING
    wait = 0.5
    in_doubt = False
    while True:
        try:
            job = await _known(queue, ask.job) if in_doubt else None
            job = job or await queue.submit(
                recipe,
                owner,
                typed=typed,
                parent=parent,
                state=state,
                done=done,
                shown=True,
                reply=ask.reply,
                upload_limit=interaction.filesize_limit,
                band=mine.band,
                weight=mine.weight,
                caps=mine.caps,
                job_id=ask.job,
                trial=trial,
            )
            break
        except QueueAway:
            if not in_doubt:
                await _say_that_it_takes_longer(interaction)
            in_doubt = True
            if time.monotonic() >= ends:
                interaction.client.later(_withdraw(queue, ask.job, owner))
                raise
            await asyncio.sleep(wait)
            wait = min(5.0, 2 * wait)
        except DreamError:
            if in_doubt:
                interaction.client.later(_withdraw(queue, ask.job, owner))
            raise
    interaction.client.follow(queue, job, ask.reply, interaction)
    interaction.client.later(remember(interaction, recipe))
    return job


class _Replayed(Exception):
    """Discord, or somebody in its place, has told us of this interaction before."""


class _NotNoted(Exception):
    """Redis was away before anything was acknowledged."""


async def _noted(
    bot: DreamBot, queue: QueueClient, interaction: discord.Interaction[DreamBot], ask: asks.Ask
) -> Reply:
    try:
        async with in_time(interaction):
            fresh = await asks.note(queue.redis, ask)
        if not fresh:
            raise _Replayed
    except QueueAway:
        bot.later(forget(queue, ask.interaction))  # it may have been noted: only the answer is missing
        raise _NotNoted from None
    return await _think(interaction)


async def _think(interaction: discord.Interaction[DreamBot]) -> Reply:
    answer = await interaction.response.defer(thinking=True)
    message = answer.message_id if answer is not None else None
    if message is None:
        message = (await interaction.original_response()).id
    return reply_in(interaction, message)


def reply_in(interaction: discord.Interaction[DreamBot], message: int) -> Reply:
    """A message of this channel as that of a job of whoever asks, as they have set it."""
    return Reply(
        channel=cast(int, interaction.channel_id),
        message=message,
        server=interaction.guild_id,
        language=speech(interaction.locale).language,
        spoiler=tastes(interaction).spoiler,
        ping=tastes(interaction).ping,
    )


async def _known(queue: QueueClient, job: str) -> Job | None:
    try:
        return (await queue.record(job)).job
    except NoSuchJob:
        return None


async def _say_that_it_takes_longer(interaction: discord.Interaction[DreamBot]) -> None:
    with contextlib.suppress(*UNANSWERABLE):
        await interaction.edit_original_response(content=speech(interaction.locale).say("ask.queue-is-away"))


async def _withdraw(queue: QueueClient, job: str, owner: Owner) -> None:
    """The member was told that nothing was started: should the job arrive after all, it ends at once."""
    left = DOUBT
    while left > 0:
        await asyncio.sleep(2)
        with contextlib.suppress(QueueAway):
            with contextlib.suppress(NoSuchJob):
                await queue.cancel(job, owner)
                await queue.mark_shown(job)
                return
            left -= 2
