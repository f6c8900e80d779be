"""Remix: the prompt of a picture in a dialog, to be changed; a new job of whoever sends it off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import discord

from dreambot.dialogs import Field, open_dialog
from dreambot.found import seen_here
from dreambot.permissions import check_can_post
from dreambot.rights import share
from dreambot.start import Asking, submit
from dreambot.still_possible import check_still_possible
from dreambot.texts import speech
from dreambot.verbs.once import take_up_once
from dreamqueue.branches import steps_done
from dreamqueue.errors import DreamError
from dreamqueue.job import Record
from dreamqueue.prompt import check_pictures, parse, render
from dreamqueue.turns import held

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def remix(interaction: discord.Interaction[DreamBot], job: str, _detail: str = "") -> None:
    """Show the prompt, ready to be changed."""
    check_can_post(interaction)
    said = speech(interaction.locale)
    prompt = _typed(interaction.client, await seen_here(interaction, job))
    field = Field("prompt", said.say("remix.prompt"), prompt, long=True)
    await open_dialog(interaction, said.say("remix.title"), field, verb="remix", thing=job)


async def remixed(
    interaction: discord.Interaction[DreamBot], job: str, _detail: str, typed: Mapping[str, str]
) -> None:
    """Paint what was typed. The pictures that the old one began with or was steered to come along."""
    check_can_post(interaction)
    bot, text = interaction.client, typed["prompt"]
    limits = share(interaction).within(bot.limits)
    recipe = parse(text, limits=limits, menu=bot.menu)

    async def queued(ask: Asking) -> None:
        old = (await seen_here(interaction, job)).recipe
        wanted = recipe.model_copy(update={"image": old.image, "targets": old.targets})
        check_pictures(wanted, image=wanted.image is not None, targets=bool(wanted.targets))
        await check_still_possible(interaction, wanted)
        await submit(interaction, ask, wanted, typed=text, parent=job)

    await take_up_once(interaction, "remix", job, queued, text)


def _typed(bot: DreamBot, record: Record) -> str:
    """The prompt as it was typed, if that says all; else as it would be typed. Without a chance seed; of
    one that was steered, with the words that pulled at its end."""
    typed, recipe = record.job.typed, record.recipe.model_copy(update={"legs": ()})
    try:
        same = parse(typed, limits=bot.limits, menu=bot.menu, seed=lambda: recipe.seed)
    except DreamError:
        same = None
    pictures = {"image": recipe.image, "targets": recipe.targets, "styles": recipe.styles}
    if same is not None and same.model_copy(update=pictures) == recipe:
        return typed
    if record.turned is not None or record.recipe.legs:
        recipe = recipe.model_copy(update={"phrases": held(recipe, steps_done(record))})
    return render(recipe).replace(f" --seed {recipe.seed}", "")
