"""Commands, one file a command or a group of them, named here."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from discord.ext import commands

COGS = [
    "dreambot.cogs.imagine:Imagine",
    "dreambot.cogs.trick:Tricks",
    "dreambot.cogs.trick_moderation:TrickModeration",
    "dreambot.cogs.describe:DescribeCog",
    "dreambot.cogs.score:ScoreCog",
    "dreambot.cogs.trick_trials:TrickTrials",
    "dreambot.cogs.queue:Queue",
    "dreambot.cogs.mod:Mod",
    "dreambot.cogs.mod_words:ModWords",
    "dreambot.cogs.again:Again",
    "dreambot.cogs.grid:Grid",
    "dreambot.cogs.show:Show",
    "dreambot.cogs.queue_mine:QueueMine",
    "dreambot.cogs.menus:Menus",
    "dreambot.cogs.gallery:Gallery",
    "dreambot.cogs.settings:Settings",
    "dreambot.cogs.help:Help",
    "dreambot.cogs.privacy:Privacy",
]
"""`module:class`; each is built with the bot."""


def load(name: str) -> type[Any]:
    """The class of a cog."""
    module, _, kind = name.partition(":")
    found: type[commands.Cog] = getattr(import_module(module), kind)
    return found
