"""Again, Vary, Longer: new jobs that come of an old one at a press, for whoever pressed, each in a message of
its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from dreambot.found import seen_here
from dreambot.permissions import check_can_post
from dreambot.rights import share
from dreambot.start import Asking, submit
from dreambot.still_possible import check_still_possible
from dreambot.verbs.once import take_up_once
from dreamconfig.catalogue import backends
from dreamqueue.branches import extended, steps_done, varied
from dreamqueue.grid import reseeded
from dreamqueue.job import Record
from dreamqueue.prompt import random_seed

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def again(interaction: discord.Interaction[DreamBot], job: str, _detail: str = "") -> None:
    """Paint it anew: all as it was, with another seed."""
    check_can_post(interaction)

    async def queued(ask: Asking) -> None:
        record = await seen_here(interaction, job)
        old = record.job
        recipe = reseeded(record.recipe, random_seed())
        await check_still_possible(interaction, recipe)
        await submit(interaction, ask, recipe, typed=old.typed, parent=old.id, trial=old.trial)

    await take_up_once(interaction, "again", job, queued)


async def vary(interaction: discord.Interaction[DreamBot], job: str, _detail: str = "") -> None:
    """Paint another much like it."""
    check_can_post(interaction)

    async def queued(ask: Asking) -> None:
        queue = interaction.client.queue
        old = (await seen_here(interaction, job)).job
        recipe = await varied(queue, job, random_seed())
        await check_still_possible(interaction, recipe)
        await submit(interaction, ask, recipe, typed=old.typed, parent=old.id)

    await take_up_once(interaction, "vary", job, queued)


async def longer(interaction: discord.Interaction[DreamBot], job: str, _detail: str = "") -> None:
    """Go on from where it ended: for half as many steps again, or to its end if it was stopped."""
    check_can_post(interaction)

    async def queued(ask: Asking) -> None:
        queue = interaction.client.queue
        record = await seen_here(interaction, job)
        recipe, state, done = await extended(queue, job, _more(interaction, record))
        await check_still_possible(interaction, recipe)
        await submit(interaction, ask, recipe, typed=record.job.typed, parent=job, state=state, done=done)

    await take_up_once(interaction, "longer", job, queued)


def _more(interaction: discord.Interaction[DreamBot], record: Record) -> int:
    """How many steps, as far as they may be asked for; at least one, which may be too many."""
    recipe, done = record.recipe, steps_done(record)
    limits = share(interaction).within(interaction.client.limits)
    entry = backends().get(recipe.backend)
    most = min(limits.max_steps, entry.of(recipe.preset).max_steps if entry else limits.max_steps)
    wanted = recipe.last_step - done if done < recipe.last_step else done // 2
    return max(1, min(wanted, most - done))
