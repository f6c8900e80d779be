"""Whether an old recipe can be painted today: its painter, its size, its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from dreambot.rights import share
from dreambot.texts import speech
from dreamconfig.catalogue import backends
from dreamqueue.errors import DreamError, PictureError
from dreamqueue.recipe import Recipe

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def check_still_possible(interaction: discord.Interaction[DreamBot], recipe: Recipe) -> None:
    """Raises a DreamError if an old recipe asks for what is not there any more. Keeps its pictures on."""
    bot, said = interaction.client, speech(interaction.locale)
    limits = share(interaction).within(bot.limits)
    if recipe.backend not in backends():
        raise DreamError(said.say("possible.backend", name=recipe.backend))
    if not limits.fits(recipe.width, recipe.height) or recipe.work > limits.max_steps:
        raise DreamError(said.say("possible.too-large"))
    for key in recipe.pictures:
        picture = await bot.queue.fetch(key)
        if picture is None:
            which = "initial" if key == recipe.image else "target"
            raise PictureError(said.say(f"possible.no-{which}"))
        await bot.queue.keep(picture)
