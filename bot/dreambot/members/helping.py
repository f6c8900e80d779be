"""What /help tells, topic by topic, and its examples, which paint for whoever presses them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from dreambot import words
from dreambot.buttons import JobButton
from dreambot.members.asking import paint
from dreambot.members.tastes import tastes
from dreambot.members.translator import key_of
from dreambot.menus import JobMenu
from dreambot.rights import share
from dreambot.texts import Speech, lines, speech
from dreamqueue.errors import DreamError
from dreamqueue.prompt import FLAGS, lean
from dreamqueue.text import clip

if TYPE_CHECKING:
    from dreambot.app import DreamBot

EXAMPLES = ("1", "2", "3", "4")
"""Their texts are `help.example-1` and so on."""
KINDS = ("all", "steered", "sampled", "guided", "tiled")
"""Of flags, as FLAGS tells them apart."""
TOPICS = ("start", "commands", *(f"flags-{kind}" for kind in KINDS), "presses", "tricks", "moderators")
PAGE = 1800
"""Characters of a topic's page; what is longer goes on in another."""


async def choose(interaction: discord.Interaction[DreamBot], _thing: str, values: Sequence[str]) -> None:
    """Somebody chose a topic."""
    said = speech(interaction.locale)
    known = dict(topics(interaction.client, said))
    if values[0] not in known:
        raise DreamError(said.say("buttons.another-time"))
    await interaction.response.edit_message(
        content=words.fit(known[values[0]]), view=view(interaction.client, said, values[0])
    )


async def example(interaction: discord.Interaction[DreamBot], _thing: str, number: str) -> None:
    """Somebody pressed an example."""
    said = speech(interaction.locale)
    if number not in EXAMPLES:
        raise DreamError(said.say("buttons.another-time"))
    bot, text = interaction.client, said.say(f"help.example-{number}")
    limits, menu = share(interaction).within(bot.limits), bot.menu
    recipe = lean(text, tastes(interaction).options, limits=limits, menu=menu)
    await paint(interaction, recipe, typed=text, once=("example", number))


def topics(bot: DreamBot, said: Speech) -> Iterator[tuple[str, str]]:
    """Each page's name and text. A topic that is too long for a message has several pages."""
    for name in TOPICS:
        for number, page in enumerate(_pages(_text(bot, name, said)), 1):
            yield (name if number == 1 else f"{name}-{number}"), page


def view(bot: DreamBot, said: Speech, now: str = "start") -> discord.ui.View:
    """The menu of topics and, where one begins, the examples."""
    found = discord.ui.View(timeout=None)
    entries = [
        discord.SelectOption(label=_title(name, said), value=name, default=name == now)
        for name, _ in topics(bot, said)
    ]
    found.add_item(JobMenu("help", "topics", entries, said.say("help.choose"), 0))
    for number in EXAMPLES if now == "start" else ():
        label = clip(said.say(f"help.example-{number}"), 80)
        found.add_item(JobButton("example", "try", number, said, 1 + (int(number) - 1) // 2, label))
    return found


def _title(name: str, said: Speech) -> str:
    topic, _, number = name.rpartition("-")
    if topic in TOPICS and number.isdecimal():
        return f"{said.say(f'help.topic-{topic}')} ({number})"
    return said.say(f"help.topic-{name}")


def _text(bot: DreamBot, name: str, said: Speech) -> list[str]:
    """Its lines."""
    if name in ("commands", "moderators"):
        told = sorted(_commands(bot, said, of_moderators=name == "moderators"))
        entries = [_entries(bot, said)] if name == "commands" else []
        return [f"**{said.say(f'help.topic-{name}')}**", *told, *entries]
    kind = name.removeprefix("flags-")
    if kind in KINDS:
        flags = [
            f"`{f'--{flag} {row.takes}'.rstrip()}` {row.about} · `{row.example}`"
            for flag, row in FLAGS.items()
            if row.of == kind
        ]
        return [f"**{said.say(f'help.topic-{name}')}**", said.say(f"help.{name}"), *flags]
    return [f"**{said.say(f'help.topic-{name}')}**", *said.say(f"help.{name}").splitlines()]


def _commands(bot: DreamBot, said: Speech, *, of_moderators: bool) -> Iterator[str]:
    spoken = lines(said.language)
    for command in bot.tree.walk_commands():
        if isinstance(command, app_commands.Command) and _is_moderators(command) == of_moderators:
            key = key_of(app_commands.TranslationContextLocation.command_description, command)
            about = spoken.get(f"commands.{key}", command.description)
            yield f"`/{command.qualified_name}` {about}"


def _is_moderators(command: app_commands.Command[Any, ..., Any]) -> bool:
    return command.qualified_name.startswith("mod ") or command.description.startswith("Moderators: ")


def _entries(bot: DreamBot, said: Speech) -> str:
    spoken = lines(said.language)
    entries = bot.tree.get_commands(type=discord.AppCommandType.message)
    names = [
        spoken.get(f"commands.menu-{entry.name.lower().replace(' ', '-')}", entry.name) for entry in entries
    ]
    return said.say("help.menu-entries", names=", ".join(f"**{name}**" for name in names))


def _pages(rows: Sequence[str]) -> Iterator[str]:
    page: list[str] = []
    for row in rows:
        if page and sum(len(one) + 1 for one in page) + len(row) > PAGE:
            yield "\n".join(page)
            page = []
        page.append(row)
    yield "\n".join(page)
