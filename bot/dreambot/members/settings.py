"""The panel of /settings, which only its member sees: menus and buttons that change one thing each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import discord

from dreambot import words
from dreambot.buttons import JobButton
from dreambot.dialogs import Field, open_dialog
from dreambot.gate import check_words
from dreambot.members.tastes import use
from dreambot.menus import MOST, JobMenu
from dreambot.rights import share
from dreambot.texts import Speech, languages, speech
from dreamconfig.catalogue import backends
from dreamqueue import preferences
from dreamqueue.errors import DreamError
from dreamqueue.preferences import Preferences
from dreamqueue.prompt import Menu, parse
from dreamqueue.text import normalise

if TYPE_CHECKING:
    from dreambot.app import DreamBot

OWN_NAMES = {"en": "English", "de": "Deutsch"}
"""Languages as those who speak them call them."""
USUAL = "-"
"""The entry of a menu that sets nothing."""
PROBE = "a hut"


async def show(interaction: discord.Interaction[DreamBot]) -> None:
    """Open the panel."""
    wanted = await preferences.read(interaction.client.queue.redis, str(interaction.user.id))
    said, menu = speech(interaction.locale), interaction.client.menu
    await interaction.response.send_message(
        told(wanted, said), view=panel(wanted, said, menu), ephemeral=True
    )


async def choose(interaction: discord.Interaction[DreamBot], thing: str, values: Sequence[str]) -> None:
    """Somebody chose in one of the panel's menus."""
    value = "" if values[0] == USUAL else values[0]
    styles = interaction.client.menu.styles
    known = {"backend": backends(), "style": styles, "language": languages()}.get(thing)
    if known is None or (value and value not in known):
        raise DreamError(speech(interaction.locale).say("settings.unknown"))
    await _change(interaction, **{thing: value})


async def flip(interaction: discord.Interaction[DreamBot], _thing: str, detail: str) -> None:
    """Somebody pressed a button: it turns to `on` or `off`, so a press that comes twice changes nothing."""
    name, _, state = detail.partition("-")
    if name not in ("spoiler", "ping") or state not in ("on", "off"):
        raise DreamError(speech(interaction.locale).say("settings.unknown"))
    await _change(interaction, **{name: state == "on"})


async def reset(interaction: discord.Interaction[DreamBot], _thing: str, _detail: str) -> None:
    """All as usual."""
    redis, member = interaction.client.queue.redis, str(interaction.user.id)
    await preferences.forget(redis, member)
    await _change(interaction)


async def ask(interaction: discord.Interaction[DreamBot], _thing: str, _detail: str) -> None:
    """Open the dialog for what is typed."""
    wanted = await preferences.read(interaction.client.queue.redis, str(interaction.user.id))
    said = speech(interaction.locale)
    await open_dialog(
        interaction,
        said.say("settings.size-title"),
        Field("size", said.say("settings.size-label"), wanted.size, required=False, most=20),
        Field("style", said.say("settings.style-label"), wanted.style, required=False, most=200),
        verb="settings",
        thing="mine",
    )


async def typed(
    interaction: discord.Interaction[DreamBot], _thing: str, _detail: str, answers: Mapping[str, str]
) -> None:
    """The dialog came back. Raises PromptError for what is no size or style here."""
    size, style = (normalise(answers[name]) for name in ("size", "style"))
    await check_words(interaction, style)
    fields = {name: value for name, value in (("size", size), ("style", style)) if value}
    limits = share(interaction).within(interaction.client.limits)
    recipe = parse(PROBE, options=fields, limits=limits, menu=interaction.client.menu)
    shape = f"{recipe.width}x{recipe.height}" if size else ""
    await _change(interaction, size=shape, style=", ".join(used.name for used in recipe.styles))


async def _change(interaction: discord.Interaction[DreamBot], **fields: str | bool) -> None:
    redis, member = interaction.client.queue.redis, str(interaction.user.id)
    wanted = await preferences.change(redis, member, **fields)
    use(interaction, wanted)
    said, menu = speech(interaction.locale), interaction.client.menu
    await interaction.response.edit_message(content=told(wanted, said), view=panel(wanted, said, menu))


def told(wanted: Preferences, said: Speech) -> str:
    """All settings in words."""
    entry = backends().get(wanted.backend)
    painter = entry.title if entry else wanted.backend
    values = {
        "backend": words.plain(painter) or said.say("settings.usual"),
        "style": words.plain(wanted.style) or said.say("settings.usual"),
        "size": words.plain(wanted.size) or said.say("settings.usual"),
        "spoiler": said.say("settings.hidden" if wanted.spoiler else "settings.seen"),
        "ping": said.say("settings.pinged" if wanted.ping else "settings.quiet"),
        "language": OWN_NAMES.get(wanted.language) or said.say("settings.as-discord"),
    }
    lines = [said.say(f"settings.{name}", value=value) for name, value in values.items()]
    return words.fit("\n".join([said.say("settings.title"), *lines, said.say("settings.for-how-long")]))


def panel(wanted: Preferences, said: Speech, menu: Menu) -> discord.ui.View:
    """Its menus and buttons. Of many styles the first stand in the menu; the dialog takes any."""
    view = discord.ui.View(timeout=None)
    choices = {
        "backend": (wanted.backend, {name: entry.title for name, entry in backends().items()}),
        "style": (wanted.style, {name: name for name in menu.styles}),
        "language": (wanted.language, {name: OWN_NAMES.get(name, name) for name in languages()}),
    }
    for row, (name, (now, known)) in enumerate(choices.items()):
        usual = said.say("settings.as-discord" if name == "language" else "settings.usual")
        entries = [
            discord.SelectOption(label=label, value=value, default=value == (now or USUAL))
            for value, label in [(USUAL, said.say(f"settings.menu-{name}", value=usual)), *known.items()]
        ][:MOST]
        view.add_item(JobMenu("settings", name, entries, said.say(f"settings.choose-{name}"), row))
    for name, on in (("spoiler", wanted.spoiler), ("ping", wanted.ping)):
        label = said.say(f"settings.flip-{name}")
        view.add_item(JobButton("settings-flip", "mine", f"{name}-{'off' if on else 'on'}", said, 3, label))
    view.add_item(JobButton("settings-type", "mine", "", said, 3))
    view.add_item(JobButton("settings-reset", "mine", "", said, 3))
    return view
