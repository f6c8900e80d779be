"""Dialogs (Discord calls them modals) whose answer is found by their id, so that a restart loses none.

discord.py would call the object that was sent, which a restart forgets; here the id says what was asked, as
it does of buttons: `dream:<verb>:<thing>`, perhaps `:<detail>`.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import discord

from dreambot.buttons import ID
from dreambot.errors import answering
from dreambot.members.tastes import look_up
from dreambot.texts import speech
from dreamqueue.errors import DreamError
from dreamqueue.logs import about
from dreamqueue.text import clip

if TYPE_CHECKING:
    from dreambot.app import DreamBot

OPEN_FOR = 900.0
"""Seconds after which discord.py forgets the dialog's object; a later answer is taken all the same."""
TITLE, LABEL, TEXT = 45, 45, 4000
"""Characters that Discord takes."""

Answer: TypeAlias = Callable[[discord.Interaction[Any], str, str, Mapping[str, str]], Awaitable[None]]
"""Takes the interaction, the thing and the detail of the id, and what was typed, by the fields' names (empty
where a field was left out). Ids and texts may be forged: it checks."""

DIALOGS: dict[str, str] = {
    "trick-add": "dreambot.tricks.dialogs:added",
    "trick-edit": "dreambot.tricks.dialogs:changed",
    "trick-remix": "dreambot.tricks.dialogs:remixed",
    "trick-share": "dreambot.tricks.dialogs:shared",
    "trick-report-why": "dreambot.tricks.dialogs:reported",
    "trick-try-it": "dreambot.verbs.trials:try_it",
    "steer": "dreambot.verbs.steer:steered",
    "remix": "dreambot.verbs.remix:remixed",
    "settings": "dreambot.members.settings:typed",
    "start": "dreambot.members.starting:typed",
}
"""By verb: `module:function`, an `Answer`."""


@dataclass(frozen=True)
class Field:
    """One thing to type."""

    name: str
    label: str
    value: str = ""
    """What stands there at first."""
    long: bool = False
    required: bool = True
    most: int = TEXT
    """Characters."""
    hint: str = ""
    """Shown while it is empty."""


async def open_dialog(
    interaction: discord.Interaction[Any], title: str, *fields: Field, verb: str, thing: str, detail: str = ""
) -> None:
    """Answer an interaction with a dialog of up to five fields. It must not have been answered yet."""
    custom_id = ":".join(["dream", verb, thing, *([detail] if detail else [])])
    dialog = discord.ui.Modal(title=clip(title, TITLE), custom_id=custom_id, timeout=OPEN_FOR)
    for field in fields:
        style = discord.TextStyle.paragraph if field.long else discord.TextStyle.short
        text: discord.ui.TextInput[Any] = discord.ui.TextInput(
            label=clip(field.label, LABEL),
            custom_id=field.name,
            style=style,
            default=clip(field.value, field.most) or None,
            placeholder=clip(field.hint, 100) or None,
            required=field.required,
            max_length=field.most,
        )
        dialog.add_item(text)
    await interaction.response.send_modal(dialog)


async def answered(interaction: discord.Interaction[DreamBot]) -> None:
    """Somebody sent a dialog off; one of nobody's gets a clear answer."""
    if interaction.client.replays.is_one(interaction.id):
        return
    data = cast("dict[str, Any]", interaction.data or {})
    match = re.fullmatch(ID, str(data.get("custom_id", "")))
    thing = "" if match is None else match["thing"]
    with about(thing):
        async with answering(interaction):
            await look_up(interaction)
            if match is None or match["verb"] not in DIALOGS:
                raise DreamError(speech(interaction.locale).say("buttons.another-time"))
            module, _, name = DIALOGS[match["verb"]].partition(":")
            answer = cast(Answer, getattr(import_module(module), name))
            await answer(interaction, thing, match["detail"] or "", _Typed(_typed(data.get("components"))))


class _Typed(dict[str, str]):
    """Fields that were left out are empty."""

    def __missing__(self, _name: str) -> str:
        return ""


def _typed(rows: object) -> dict[str, str]:
    """What was typed, in the older layout (rows) and the newer (labels), clipped as Discord does."""
    found: dict[str, str] = {}
    for row in _tables(rows):
        for field in [*_tables(row.get("components")), *_tables([row.get("component")])]:
            if isinstance(field.get("custom_id"), str) and isinstance(field.get("value"), str):
                found[field["custom_id"]] = field["value"][:TEXT].strip()
    return found


def _tables(found: object) -> list[dict[str, Any]]:
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
