"""What Discord shows of the commands in other languages, from `dreambot.texts`.

Commands and their options keep their English names, so that people can tell each other what to type; what
they do is told in each language, and the entries of menus, which nobody types, are named in it. A text's key
is `commands.` and the command's whole name, perhaps `-` and the option: `commands.queue-mine`.
"""

from __future__ import annotations

from typing import Any

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Where

from dreambot.texts import ENGLISH, languages, lines


class CommandTranslator(app_commands.Translator):
    """Reads the texts; what a language lacks Discord shows in English."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """A line of the language, or None."""
        language = locale.value.partition("-")[0]
        if language == ENGLISH:
            return None
        key = key_of(context.location, context.data)
        found = lines(language).get(f"commands.{key}") if key and language in languages() else None
        return found if isinstance(found, str) else None


def key_of(where: Where, thing: Any) -> str | None:
    """The name of a description's text; None for what is not translated."""
    match where:
        case Where.command_description | Where.group_description:
            return str(thing.qualified_name).replace(" ", "-")
        case Where.command_name if isinstance(thing, app_commands.ContextMenu):
            return "menu-" + thing.name.lower().replace(" ", "-")
        case Where.parameter_description:
            return f"{thing.command.qualified_name} {thing.name}".replace(" ", "-")
        case _:
            return None
