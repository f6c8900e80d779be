"""Menus to choose from whose state is their id, as that of buttons is: `menu:<verb>:<thing>`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from typing import Any, Self, TypeAlias, cast

import discord

from dreambot.errors import answering
from dreambot.members.tastes import look_up
from dreambot.texts import speech
from dreamqueue.errors import DreamError
from dreamqueue.text import clip

ID = r"menu:(?P<verb>[a-z-]{1,20}):(?P<thing>[\w-]{1,40})"
MOST = 25
"""Entries of a menu."""
TEXT = 100
"""Characters of an entry."""

Choose: TypeAlias = Callable[[discord.Interaction[Any], str, Sequence[str]], Awaitable[None]]
"""Takes the interaction, the thing of the id, and what was chosen. Ids and values may be forged."""

MENUS = {
    "settings": "dreambot.members.settings:choose",
    "help": "dreambot.members.helping:choose",
}
"""By verb: `module:function`, a `Choose`."""


class JobMenu(discord.ui.DynamicItem[discord.ui.Select[discord.ui.View]], template=ID):
    """A menu that belongs to whatever its id names."""

    def __init__(
        self,
        verb: str,
        thing: str,
        entries: Sequence[discord.SelectOption] = (),
        hint: str = "",
        row: int | None = None,
    ) -> None:
        self.verb, self.thing = verb, thing
        for entry in entries:
            entry.label = clip(entry.label, TEXT)
            entry.description = clip(entry.description, TEXT) if entry.description else None
        super().__init__(
            discord.ui.Select(
                custom_id=f"menu:{verb}:{thing}",
                options=list(entries[:MOST]),
                placeholder=clip(hint, 150) or None,
                row=row,
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The menu in which somebody chose."""
        return cls(match["verb"], match["thing"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Somebody chose."""
        if interaction.client.replays.is_one(interaction.id):
            return
        async with answering(interaction):
            await look_up(interaction)
            if self.verb not in MENUS or not self.item.values:
                raise DreamError(speech(interaction.locale).say("buttons.another-time"))
            module, _, name = MENUS[self.verb].partition(":")
            choose = cast(Choose, getattr(import_module(module), name))
            await choose(interaction, self.thing, self.item.values)
