"""What a German's Discord shows of the commands: every description, and names where nobody types them."""

from __future__ import annotations

from typing import Any

import discord
import pytest
from discord import app_commands
from tests.bot.stage import Stage

from dreambot.members import translator
from dreambot.members.translator import CommandTranslator, key_of
from dreambot.sync import commands_hash
from dreambot.texts import languages, lines

Where = app_commands.TranslationContextLocation


def keys(bot: Any) -> set[str | None]:
    """Of all that can be told of the bot's commands."""
    found: set[str | None] = set()
    for command in bot.tree.walk_commands():
        found.add(key_of(Where.command_description, command))
        for option in getattr(command, "parameters", ()):
            found.add(key_of(Where.parameter_description, option))
    menus = bot.tree.get_commands(type=discord.AppCommandType.message)
    return found | {key_of(Where.command_name, entry) for entry in menus}


@pytest.mark.parametrize("language", [name for name in languages() if name != "en"])
async def test_every_command_and_option_is_told_in_each_language_and_nothing_else_is(
    stage: Stage, language: str
) -> None:
    there = {key.removeprefix("commands.") for key in lines(language) if key.startswith("commands.")}
    assert there == keys(stage.bot)


async def test_discord_is_told_the_german_of_it(stage: Stage) -> None:
    rows = {row["name"]: row for row in stage.ada.commands("art")}
    assert rows["imagine"]["description_localizations"] == {"de": "Ein Bild aus deinen Worten malen."}
    assert rows["imagine"].get("name_localizations") == {}, "people tell each other what to type"
    mine = next(row for row in rows["queue"]["options"] if row["name"] == "mine")
    assert mine["description_localizations"]["de"].startswith("Deine Aufträge")
    assert rows["imagine"]["options"][0]["description_localizations"]["de"].startswith("Was zu malen ist")
    assert rows["Recipe"]["name_localizations"] == {"de": "Rezept"}


async def test_another_german_is_another_hash(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stage.bot is not None
    assert isinstance(stage.bot.tree.translator, CommandTranslator)
    before = await commands_hash(stage.bot.tree, None)
    monkeypatch.setattr(translator, "lines", lambda language: {"commands.imagine": "Anders."})
    assert await commands_hash(stage.bot.tree, None) != before
