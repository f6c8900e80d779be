"""Go and Leave under a test that was offered: for who asked for it, once, whoever presses how often.

And Try under a trick, which asks for a prompt and shows that without and with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

import discord

from dreambot import words
from dreambot.dialogs import Field, open_dialog
from dreambot.gate import check_may_ask
from dreambot.permissions import check_can_post, owner_of
from dreambot.rights import share
from dreambot.start import Asking, reply_in, submit
from dreambot.texts import speech
from dreambot.tricks.views import found
from dreambot.verbs.once import take_up_once
from dreamqueue.errors import NoSuchJob, NotYours, TooLate
from dreamqueue.prompt import random_seed
from dreamqueue.tricks import Trick, offers, trials

if TYPE_CHECKING:
    from dreambot.app import DreamBot


async def go(interaction: discord.Interaction[DreamBot], job: str, _detail: str) -> None:
    """Paint it, in the message of the offer. A second press changes nothing."""
    bot, said = interaction.client, speech(interaction.locale)
    check_can_post(interaction)
    await check_may_ask(interaction)
    offer = await _own(interaction, job)
    await interaction.response.defer()
    if await offers.answer(bot.queue.redis, job, "go") == "leave":
        raise TooLate(said.say("trials.left-already"))
    if await _begun(interaction, job):
        return
    reply = reply_in(interaction, cast(discord.Message, interaction.message).id)
    await submit(interaction, Asking(job, reply), offer.recipe, typed=offer.typed, trial=offer.trial)


async def leave(interaction: discord.Interaction[DreamBot], job: str, _detail: str) -> None:
    """Paint nothing."""
    said = speech(interaction.locale)
    offer = await _own(interaction, job)
    await interaction.response.defer()
    answer = await offers.answer(interaction.client.queue.redis, job, "leave")
    if answer == "go" and await _begun(interaction, job):
        raise TooLate(said.say("trials.going"))
    await interaction.edit_original_response(
        content=said.say("trials.left", trick=offer.trial.trick), view=None
    )


async def ask_to_try(interaction: discord.Interaction[DreamBot], name: str, _detail: str) -> None:
    """A dialog for the prompt with which a trick is tried."""
    said, trick = speech(interaction.locale), await found(interaction, name)
    await open_dialog(
        interaction,
        said.say("trials.title-try", name=trick.name),
        Field("prompt", said.say("trials.field-prompt"), trials.SUBJECTS[0], long=True),
        verb="trick-try-it",
        thing=trick.name,
    )


async def try_it(
    interaction: discord.Interaction[DreamBot], name: str, _detail: str, typed: Mapping[str, str]
) -> None:
    """What was typed there."""
    await begin_try(interaction, await found(interaction, name), typed["prompt"])


async def begin_try(interaction: discord.Interaction[DreamBot], trick: Trick, prompt: str) -> None:
    """Paint a prompt without a trick and with it, side by side, as a job of the member who asked; once."""
    check_can_post(interaction)
    bot = interaction.client
    limits = share(interaction).within(bot.limits)
    recipe, trial = trials.to_try(trick, prompt, {"seed": str(random_seed())}, limits, bot.menu)

    async def queued(ask: Asking) -> None:
        await submit(interaction, ask, recipe, typed=prompt, trial=trial)

    await take_up_once(interaction, "try", trick.name, queued, prompt)


async def _own(interaction: discord.Interaction[DreamBot], job: str) -> offers.Offer:
    """The offer, if it is the member's own."""
    offer = await offers.look(interaction.client.queue.redis, job)
    if offer.owner.id != owner_of(interaction).id:
        owner = words.plain(offer.owner.name, words.NAME_SHOWN)
        raise NotYours(speech(interaction.locale).say("trials.only-owner", owner=owner))
    return offer


async def _begun(interaction: discord.Interaction[DreamBot], job: str) -> bool:
    try:
        await interaction.client.queue.record(job)
    except NoSuchJob:
        return False
    return True
