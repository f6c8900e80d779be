"""/describe, and Describe on a message: phrases that a critic likes for a picture, each with "Paint this".

A button's phrase stands in the message above it, so there is nothing that could be forgotten.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from dreambot import words
from dreambot.buttons import buttons
from dreambot.gate import check_may_ask
from dreambot.members.asking import paint
from dreambot.members.tastes import tastes
from dreambot.pictured import keep, picture_of, pictures_of
from dreambot.rights import share
from dreambot.texts import Speech, speech
from dreamqueue.errors import DreamError, PictureError
from dreamqueue.prompt import lean
from dreamqueue.questions import Describe, Described, Liked, ask
from dreamqueue.text import clip

if TYPE_CHECKING:
    from dreambot.app import DreamBot

MOST = 10
"""Phrases that are told."""
OF_A_KIND = 5
"""Single words that are told of each kind."""
LINE = re.compile(r"^\*\*(\d+)\*\* `([^`\n]+)` ", re.MULTILINE)
"""Of a phrase in a message: its number and its words."""


class DescribeCog(commands.Cog, name="Describe"):
    """Pictures into words."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot
        menu = app_commands.ContextMenu(name="Describe", callback=self.describe_message)
        bot.tree.add_command(app_commands.guild_only(menu))

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(picture="A picture of yours", job="Or the id of a job whose picture it is")
    async def describe(
        self,
        interaction: discord.Interaction[DreamBot],
        picture: discord.Attachment | None = None,
        job: str | None = None,
    ) -> None:
        """Phrases that fit a picture, the best first; each can be painted."""
        await check_may_ask(interaction)
        if (picture is None) == (job is None):
            raise PictureError(speech(interaction.locale).say("describe.one-of-both"))
        await interaction.response.defer(ephemeral=True, thinking=True)
        if picture is not None:
            key = await keep(interaction, picture)
        else:
            key = (await pictures_of(interaction, job or ""))[0][1]
        await _tell(interaction, key)

    async def describe_message(
        self, interaction: discord.Interaction[DreamBot], message: discord.Message
    ) -> None:
        """The same for a picture that somebody has posted."""
        await check_may_ask(interaction)
        file = picture_of(interaction, message)
        await interaction.response.defer(ephemeral=True, thinking=True)
        await _tell(interaction, await keep(interaction, file))


async def paint_this(interaction: discord.Interaction[DreamBot], _thing: str, number: str) -> None:
    """Paint the phrase of that number in the message, for whoever pressed, as they have set it; once."""
    message = interaction.message
    found = dict(LINE.findall(message.content)) if message is not None else {}
    if message is None or number not in found:
        raise DreamError(speech(interaction.locale).say("buttons.another-time"))
    bot, phrase = interaction.client, found[number]
    limits = share(interaction).within(bot.limits)
    recipe = lean(phrase, tastes(interaction).options, limits=limits, menu=bot.menu)
    await paint(interaction, recipe, typed=phrase, once=(f"paint-this-{number}", str(message.id)))


def described(answer: Described, said: Speech) -> str:
    """The answer in a message."""
    lines = [said.say("describe.head", critic=answer.critic)]
    for number, phrase in enumerate(answer.phrases[:MOST], 1):
        lines.append(f"**{number}** `{_quiet(phrase.text)}` {phrase.similarity:.3f}")
    for kind, found in answer.words.items():
        if found and said.knows(f"describe.{kind}"):
            lines.append(f"-# {said.say(f'describe.{kind}')}: {_in_a_row(found)}")
    return words.fit("\n".join(lines))


async def _tell(interaction: discord.Interaction[DreamBot], key: str) -> None:
    said = speech(interaction.locale)
    question = Describe(picture=key, most=MOST)
    answer = await ask(interaction.client.queue, question, member=str(interaction.user.id))
    verbs = [f"paint-this:{number}" for number in range(1, min(MOST, len(answer.phrases)) + 1)]
    await interaction.edit_original_response(
        content=described(answer, said), view=buttons("phrase", *verbs, said=said)
    )


def _in_a_row(found: tuple[Liked, ...]) -> str:
    named = (f"{_quiet(one.text.replace('{subject}', '…'))} {one.similarity:.3f}" for one in found)
    return " · ".join(list(named)[:OF_A_KIND])


def _quiet(text: str) -> str:
    """Words of a worker's list as one line of code."""
    return clip(" ".join(text.replace("`", "'").split()), 200)
