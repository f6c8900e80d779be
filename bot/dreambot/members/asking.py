"""Shared by the commands that paint: checks that come before anything is acknowledged, then the job."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import discord

from dreambot.permissions import check_can_post
from dreambot.start import Asking, submit, take_up
from dreambot.still_possible import check_still_possible
from dreambot.verbs.once import take_up_once
from dreamqueue.recipe import Recipe
from dreamqueue.trial import Trial

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def paint(
    interaction: discord.Interaction[DreamBot],
    recipe: Recipe,
    *,
    typed: str,
    parent: str | None = None,
    trial: Trial | None = None,
    prepared: Callable[[Recipe], Awaitable[Recipe]] | None = None,
    once: tuple[str, str] | None = None,
) -> None:
    """Answer an interaction with the job of a recipe, in a message of its own.

    `prepared` gives the recipe its pictures, once the interaction is acknowledged. Where this is a press,
    `once` says of what: a second one within a few seconds makes no second job. Raises what `take_up` does.
    """
    check_can_post(interaction)

    async def queued(ask: Asking) -> None:
        wanted = await prepared(recipe) if prepared else recipe
        await check_still_possible(interaction, wanted)
        await submit(interaction, ask, wanted, typed=typed, parent=parent, trial=trial)

    if once is None:
        await take_up(interaction, queued, typed)
    else:
        await take_up_once(interaction, *once, queued, typed)
