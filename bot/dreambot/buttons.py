"""The buttons under a job. What a button does to which job is its id, so buttons live through restarts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import discord

from dreambot.errors import answering, whisper
from dreambot.permissions import check_can_post, check_may_end, owner_of
from dreambot.rights import share
from dreambot.start import Asking, submit, take_up
from dreamconfig.catalogue import backends
from dreamqueue.errors import DreamError, PictureError
from dreamqueue.logs import about
from dreamqueue.prompt import random_seed
from dreamqueue.recipe import Recipe

if TYPE_CHECKING:
    from dreambot.app import DreamBot

OVER = "This one has ended already."


@dataclass(frozen=True)
class Look:
    """How a button looks."""

    label: str
    style: discord.ButtonStyle


LOOKS = {
    "stop": Look("Stop and keep", discord.ButtonStyle.secondary),
    "cancel": Look("Cancel", discord.ButtonStyle.danger),
    "again": Look("Again", discord.ButtonStyle.primary),
}


class JobButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=r"dream:(?P<verb>\w+):(?P<job>\w+)"
):
    """A button that does something to a job."""

    def __init__(self, verb: str, job: str) -> None:
        self.verb, self.job = verb, job
        look = LOOKS.get(verb, Look(verb, discord.ButtonStyle.secondary))
        super().__init__(
            discord.ui.Button(label=look.label, style=look.style, custom_id=f"dream:{verb}:{job}")
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was pressed."""
        return cls(match["verb"], match["job"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Somebody pressed it."""
        with about(self.job):
            await self._press(interaction)

    async def _press(self, interaction: discord.Interaction[Any]) -> None:
        async with answering(interaction):
            if self.verb in {"cancel", "stop"}:
                await end(interaction, self.job, self.verb)
            elif self.verb == "again":
                await again(interaction, self.job)
            else:
                raise DreamError("This button is from another time; I do not know what it did.")


def buttons(job: str, *verbs: str) -> discord.ui.View:
    """A row of buttons for a job."""
    row = discord.ui.View(timeout=None)
    for verb in verbs:
        row.add_item(JobButton(verb, job))
    return row


async def end(interaction: discord.Interaction[DreamBot], job: str, verb: str) -> None:
    """Cancel a job, or stop it and keep what is there. Its message tells; pressing twice changes nothing."""
    await interaction.response.defer()
    queue = interaction.client.queue
    check_may_end(interaction, await queue.record(job), verb)
    order = queue.stop if verb == "stop" else queue.cancel
    if not await order(job, owner_of(interaction)):
        await whisper(interaction, OVER)


async def again(interaction: discord.Interaction[DreamBot], job: str) -> None:
    """Paint a job's recipe anew with another seed: a job of whoever pressed, in a message of its own."""
    check_can_post(interaction)

    async def queued(ask: Asking) -> None:
        record = await interaction.client.queue.record(job)
        old = record.job
        recipe = record.recipe.model_copy(update={"seed": random_seed()})
        await check_still_possible(interaction, recipe)
        await submit(interaction, ask, recipe, typed=old.typed, parent=old.id)

    await take_up(interaction, queued)


async def check_still_possible(interaction: discord.Interaction[DreamBot], recipe: Recipe) -> None:
    """Raises a DreamError if an old recipe asks for what is not there any more."""
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
