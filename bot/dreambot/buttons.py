"""Buttons whose state is their id, so they live through restarts: `dream:<verb>:<job>`, perhaps `:<detail>`.

What a verb does is in `dreambot.verbs`. Where a button belongs to no job, something else
stands in the job's place.
"""

from __future__ import annotations

import re
from typing import Any, Self, cast

import discord

from dreambot.errors import answering
from dreambot.members.tastes import look_up
from dreambot.texts import Speech, speech
from dreambot.verbs import VERBS, Verb
from dreamqueue.errors import DreamError
from dreamqueue.logs import about

ID = r"dream:(?P<verb>[a-z-]{1,20}):(?P<thing>[\w-]{1,40})(?::(?P<detail>[\w-]{1,30}))?"
"""Of a button or a dialog: at most 97 characters, where Discord takes 100."""

ENGLISH = speech()


class JobButton(discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]], template=ID):
    """A button that does something to a job, or to whatever its id names."""

    def __init__(
        self,
        verb: str,
        thing: str,
        detail: str = "",
        said: Speech = ENGLISH,
        row: int | None = None,
        label: str | None = None,
    ) -> None:
        self.verb, self.thing, self.detail = verb, thing, detail
        look = VERBS.get(verb, Verb(""))
        key = look.label or f"buttons.{verb}"
        if label is None:
            label = said.say(key, detail=detail).strip() if said.knows(key) else verb
        custom_id = ":".join(["dream", verb, thing, *([detail] if detail else [])])
        super().__init__(
            discord.ui.Button(label=label, style=look.style, emoji=look.emoji, custom_id=custom_id, row=row)
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """The button that was pressed."""
        return cls(match["verb"], match["thing"], match["detail"] or "")

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Somebody pressed it."""
        if interaction.client.replays.is_one(interaction.id):
            return
        with about(self.thing):
            async with answering(interaction):
                await look_up(interaction)
                verb = VERBS.get(self.verb)
                if verb is None or verb.press is None:
                    raise DreamError(speech(interaction.locale).say("buttons.another-time"))
                await verb.press()(interaction, self.thing, self.detail)


async def pressed(interaction: discord.Interaction[Any]) -> None:
    """Somebody pressed a button or chose in a menu; answer what is not in its message, as Discord has it: an
    old client, or an id that the bot gave to nobody. discord.py leaves such ones alone."""
    rows = interaction.message.components if interaction.message is not None else ()
    there = {getattr(part, "custom_id", None) for row in rows for part in getattr(row, "children", ())}
    sent = cast("dict[str, Any]", interaction.data or {})
    if sent.get("custom_id") in there or interaction.client.replays.is_one(interaction.id):
        return
    async with answering(interaction):
        await look_up(interaction)
        raise DreamError(speech(interaction.locale).say("buttons.another-time"))


def buttons(thing: str, *verbs: str, said: Speech = ENGLISH) -> discord.ui.View:
    """Rows of buttons for a job. A verb may have a detail, as in `choose:3`; "" begins a new row."""
    view, row = discord.ui.View(timeout=None), 0
    in_row = 0
    for verb in verbs:
        if not verb or in_row == 5:
            row, in_row = row + 1, 0
        if verb:
            name, _, detail = verb.partition(":")
            view.add_item(JobButton(name, thing, detail, said, row))
            in_row += 1
    return view
