"""Again: a job's recipe with another seed, for whoever pressed, in a message of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from dreambot.permissions import check_can_post
from dreambot.start import Asking, submit, take_up
from dreambot.still_possible import check_still_possible
from dreamqueue.grid import reseeded
from dreamqueue.prompt import random_seed

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def again(interaction: discord.Interaction[DreamBot], job: str, _detail: str = "") -> None:
    """Paint it anew."""
    check_can_post(interaction)

    async def queued(ask: Asking) -> None:
        record = await interaction.client.queue.record(job)
        old = record.job
        recipe = reseeded(record.recipe, random_seed())
        await check_still_possible(interaction, recipe)
        await submit(interaction, ask, recipe, typed=old.typed, parent=old.id, trial=old.trial)

    await take_up(interaction, queued)
