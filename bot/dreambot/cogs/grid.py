"""/grid: each of these with each of those, all pictures on one sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from dreambot.members.asking import paint
from dreambot.members.tastes import tastes
from dreambot.rights import share
from dreambot.texts import Speech, speech
from dreamqueue.errors import BadValue, PromptError
from dreamqueue.prompt import lean
from dreamqueue.text import normalise, quote

if TYPE_CHECKING:
    from dreambot.app import DreamBot

_PLACE = re.compile(r"\{(first|second|third|[123])\}", re.IGNORECASE)
_PLACES = {"1": "first", "2": "second", "3": "third"}
_PARTS = re.compile(r"[,;|\n]")


class Grid(commands.Cog):
    """The command."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(
        words="Words with places to fill in: a {first} made of {second}",
        first="What goes there, with commas: snail, penguin",
        second="What goes into the second place: harp, piano",
        third="What goes into the third place",
    )
    async def grid(
        self,
        interaction: discord.Interaction[DreamBot],
        words: str,
        first: str,
        second: str | None = None,
        third: str | None = None,
    ) -> None:
        """Paint each of these with each of those, as one sheet of pictures."""
        limits, menu = share(interaction).within(self.bot.limits), self.bot.menu
        given = {"first": first, "second": second or "", "third": third or ""}
        text = filled(words, given, speech(interaction.locale))
        recipe = lean(text, tastes(interaction).options, limits=limits, menu=menu)
        if recipe.cells < 2:
            raise PromptError(speech(interaction.locale).say("members.one-picture"))
        await paint(interaction, recipe, typed=text)


def filled(words: str, given: Mapping[str, str], said: Speech) -> str:
    """The prompt: `{first}` (or `{1}`) gives way to `{snail,penguin}`. Raises BadValue."""
    text = normalise(words)
    used = {_place(match) for match in _PLACE.finditer(text)}
    lists = {name: choices(value) for name, value in given.items() if value}
    for name, value in given.items():
        if value and not lists[name]:
            raise BadValue(quote(value), said.say("members.no-choices"))
        if value and name not in used:
            raise BadValue(quote(text), said.say("members.no-place", place="{" + name + "}"))
        if name in used and not value:
            raise BadValue(quote(text), said.say("members.nothing-for", place="{" + name + "}"))
    return _PLACE.sub(lambda match: _written(lists[_place(match)]), text)


def choices(typed: str) -> list[str]:
    """What stands between the commas, each once. Braces go: there are no choices within choices."""
    parts = (part.replace("{", "").replace("}", "").strip() for part in _PARTS.split(normalise(typed)))
    return list(dict.fromkeys(part for part in parts if part))


def _place(match: re.Match[str]) -> str:
    name = match[1].lower()
    return _PLACES.get(name, name)


def _written(several: list[str]) -> str:
    return several[0] if len(several) == 1 else "{" + ",".join(several) + "}"
