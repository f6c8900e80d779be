"""Writes docs/COMMANDS.md from the bot itself: every command, option, menu and button, and who may use it.

    python tools/commands_md.py          writes the page
    python tools/commands_md.py --check  says whether it is true, as a test does

Who may use something is read off its code: whatever asks `check_moderator` on its way is for moderators,
whatever asks `check_may_end` for who asked for the picture and for moderators. `extras={"who": "…"}` of a
command says otherwise.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import discord
from discord import app_commands
from pydantic import SecretStr

from dreambot.app import DreamBot
from dreambot.cogs import COGS, load
from dreambot.texts import speech
from dreambot.verbs import VERBS
from dreamconfig.settings import BotSettings

PAGE = Path(__file__).resolve().parents[1] / "docs" / "COMMANDS.md"
HEAD = """# Commands and buttons

<!-- Written by tools/commands_md.py from the bot's own commands; a test holds that it is true. -->

What is asked of the bot and pressed. Discord shows the same where it is typed. "Moderators" have the
permission Manage Messages in the channel and, where the community names roles in its rights, one of those;
that is checked at each press.
"""
GUARDS = {
    "check_moderator": "moderators",
    "check_may_end": "who asked for it, and moderators",
    "check_own": "who shared it",
}
EVERYBODY = "everybody"
DEEP = 5
"""Calls from a command to its guard, at most."""
KINDS = {
    discord.AppCommandOptionType.string: "text",
    discord.AppCommandOptionType.integer: "whole number",
    discord.AppCommandOptionType.number: "number",
    discord.AppCommandOptionType.boolean: "yes or no",
    discord.AppCommandOptionType.attachment: "file",
    discord.AppCommandOptionType.user: "member",
    discord.AppCommandOptionType.channel: "channel",
    discord.AppCommandOptionType.role: "role",
    discord.AppCommandOptionType.mentionable: "member or role",
}

Command = app_commands.Command[Any, ..., Any]


def page() -> str:
    """The page as it has to be."""
    return asyncio.run(_page())


async def _page() -> str:
    bot = DreamBot(BotSettings(discord_token=SecretStr("none")))
    try:
        for name in COGS:
            await bot.add_cog(load(name)(bot))
        slash = bot.tree.walk_commands(type=discord.AppCommandType.chat_input)
        commands = sorted(
            (one for one in slash if isinstance(one, app_commands.Command)),
            key=lambda one: one.qualified_name,
        )
        kinds = (discord.AppCommandType.message, discord.AppCommandType.user)
        menus = [menu for kind in kinds for menu in bot.tree.get_commands(type=kind)]
        parts = [HEAD, "## Commands\n", *map(_command, commands)]
        rows = "".join(_row(f"**{menu.name}**", _does(menu.callback), _who(menu.callback)) for menu in menus)
        table = _table(("menu", "what it does", "who may use it")) + rows
        parts += ["## Apps menu of a message or a member\n", table if menus else "There is nothing in it."]
        parts += ["## Buttons\n", _table(("button", "id", "what it does", "who may press it")) + _buttons()]
        return "\n".join(part.rstrip("\n") + "\n" for part in parts)
    finally:
        await bot.close()


def _command(command: Command) -> str:
    text = f"### /{command.qualified_name}\n\n{_sentence(command.description)} For {_user_of(command)}.\n"
    if not command.parameters:
        return text
    rows = "".join(
        _row(f"`{one.display_name}`", "yes" if one.required else "", _kind(one), str(one.description))
        for one in command.parameters
    )
    return f"{text}\n{_table(('option', 'needed', 'what', 'about'))}{rows}"


def _kind(option: app_commands.Parameter) -> str:
    if option.choices:
        return "one of " + ", ".join(f"`{choice.value}`" for choice in option.choices)
    kind = KINDS.get(option.type, option.type.name)
    letters = option.type is discord.AppCommandOptionType.string
    least, most = option.min_value, option.max_value
    if least is not None and most is not None:
        kind += f", {least:g} to {most:,}" + (" characters" if letters else "")
    elif most is not None:
        kind += f", up to {most:,}" + (" characters" if letters else "")
    return kind + (", with suggestions" if option.autocomplete else "")


def _user_of(command: Command) -> str:
    at: Any = command
    while at is not None:
        if who := at.extras.get("who"):
            return str(who)
        at = at.parent
    found = _who(command.callback, command.binding)
    needs = command.root_parent.default_permissions if command.root_parent else command.default_permissions
    if found == EVERYBODY and needs is not None:
        names = [name.replace("_", " ") for name, wanted in needs if wanted]
        return "members with the permission " + ", ".join(names)
    return found


def _buttons() -> str:
    said = speech()
    rows = []
    for name, verb in VERBS.items():
        if verb.press is None:
            continue
        press = verb.press()
        key = verb.label or f"buttons.{name}"
        label = said.say(key, detail="N") if said.knows(key) else ""
        face = " ".join(part for part in (verb.emoji or "", label) if part)
        rows.append(_row(f"**{face}**" if face else "varies", f"`dream:{name}:…`", _does(press), _who(press)))
    return "".join(rows)


def _does(function: Callable[..., Any]) -> str:
    return _sentence((inspect.getdoc(function) or "").partition("\n\n")[0].replace("\n", " "))


def _who(function: Callable[..., Any], owner: object | None = None) -> str:
    """The first guard that is asked on the way."""
    return next((GUARDS[name] for name in _asked(function, type(owner), DEEP) if name in GUARDS), EVERYBODY)


def _asked(function: Any, owner: type, left: int) -> Iterator[str]:
    """Names that a function of the bot calls, and those that these call."""
    function = inspect.unwrap(getattr(function, "__func__", function))
    if not isinstance(function, FunctionType) or not function.__module__.startswith("dreambot") or not left:
        return
    for name in _names(function.__code__):
        yield name
        inner = function.__globals__.get(name)
        if inner is None:
            inner = inspect.getattr_static(owner, name, None)
        if inner is not None and name not in GUARDS:
            yield from _asked(inner, owner, left - 1)


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _names(inner)


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?", "…")) or not text else f"{text}."


def _table(heads: tuple[str, ...]) -> str:
    return _row(*heads) + "|---" * len(heads) + "|\n"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def main() -> None:
    """Write the page, or check it."""
    wanted = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(wanted, "utf-8")
    elif PAGE.read_text("utf-8") != wanted:
        raise SystemExit("docs/COMMANDS.md is not what the bot does: run python tools/commands_md.py")


if __name__ == "__main__":
    main()
