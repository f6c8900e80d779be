"""Whether an old recipe can be painted today: its painter, its size, its pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from dreambot.rights import share
from dreamconfig.catalogue import backends
from dreamqueue.errors import DreamError, PictureError
from dreamqueue.recipe import Recipe

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def check_still_possible(interaction: discord.Interaction[DreamBot], recipe: Recipe) -> None:
    """Raises a DreamError if an old recipe asks for what is not there any more. Keeps its pictures on."""
    bot = interaction.client
    limits = share(interaction).within(bot.limits)
    if recipe.backend not in backends():
        raise DreamError(f"`{recipe.backend}`, which painted this, is not here any more.")
    if not limits.fits(recipe.width, recipe.height) or recipe.work > limits.max_steps:
        raise DreamError("This is larger than pictures may be now, or than you may ask for.")
    for key in recipe.pictures:
        picture = await bot.queue.fetch(key)
        if picture is None:
            which = "initial" if key == recipe.image else "target"
            raise PictureError(f"The {which} picture is not kept any more; please ask with it once more.")
        await bot.queue.keep(picture)
