"""Use as start: a dialog asks for the words, and the picture of a message becomes their initial picture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import discord

from dreambot.dialogs import Field, open_dialog
from dreambot.members.asking import paint
from dreambot.members.tastes import tastes
from dreambot.permissions import check_can_post
from dreambot.pictured import job_of, picture_of
from dreambot.rights import share
from dreambot.texts import speech
from dreamqueue import open_dialogs
from dreamqueue.open_dialogs import Start
from dreamqueue.prompt import check_pictures, lean
from dreamqueue.recipe import Recipe

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def ask(interaction: discord.Interaction[DreamBot], message: discord.Message) -> None:
    """Open the dialog."""
    check_can_post(interaction)
    file, said = picture_of(interaction, message), speech(interaction.locale)
    record = await job_of(interaction, message)
    start = Start(
        member=str(interaction.user.id),
        url=file.url,
        size=file.size,
        kind=file.content_type or "",
        parent=record.job.id if record else None,
    )
    name = await open_dialogs.note(interaction.client.queue.redis, start)
    field = Field("words", said.say("menus.start-words"), long=True, hint=said.say("menus.start-hint"))
    await open_dialog(interaction, said.say("menus.start-title"), field, verb="start", thing=name)


async def typed(
    interaction: discord.Interaction[DreamBot], name: str, _detail: str, answers: Mapping[str, str]
) -> None:
    """The dialog came back. Raises TooLate if the picture is forgotten, PromptError for the words."""
    bot, queue = interaction.client, interaction.client.queue
    start = await open_dialogs.read(queue.redis, name, str(interaction.user.id))
    limits, menu = share(interaction).within(bot.limits), bot.menu
    recipe = lean(answers["words"], tastes(interaction).options, limits=limits, menu=menu)
    check_pictures(recipe, image=True, targets=False)

    async def with_picture(wanted: Recipe) -> Recipe:
        key = await queue.keep(await bot.uploads.picture(start.url, speech(interaction.locale)))
        return wanted.model_copy(update={"image": key})

    await paint(
        interaction,
        recipe,
        typed=answers["words"],
        parent=start.parent,
        prepared=with_picture,
        once=("start", name),
    )
