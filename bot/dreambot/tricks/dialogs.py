"""The dialogs in which tricks are shared, edited, remixed and reported, and what their answers do.

A dialog's id says which trick (or picture) it is about, so it lives through a restart; that of an edit says
which version was seen, so nobody's edit is lost.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import discord

from dreambot import words
from dreambot.dialogs import Field, open_dialog
from dreambot.errors import whisper
from dreambot.gate import check_may_ask
from dreambot.moderation.audit import audit
from dreambot.permissions import owner_of
from dreambot.texts import Speech, speech
from dreambot.tricks.views import show
from dreamqueue.errors import NotYours, TrickChanged
from dreamqueue.prompt.styles import SLOT
from dreamqueue.recipe import Recipe
from dreamqueue.tricks import Trick, drafted
from dreamqueue.tricks.drafting import edited
from dreamqueue.tricks.record import LONGEST_ABOUT, LONGEST_FLAGS, LONGEST_NAME, LONGEST_TEXT
from dreamqueue.tricks.store import LONGEST_WHY, owned_by

if TYPE_CHECKING:
    from dreambot.app import DreamBot

NOTHING = "-"
"""Stands in a dialog's id where it is about nothing that is there already."""

_TAG = re.compile(r"#([^\W_][\w-]*)")


async def ask_for_new(interaction: discord.Interaction[DreamBot]) -> None:
    """Open an empty dialog."""
    said = speech(interaction.locale)
    fields = _fields(said, Trick(name="-"))
    await open_dialog(interaction, said.say("trick.title-add"), *fields, verb="trick-add", thing=NOTHING)


async def ask_for_remix(interaction: discord.Interaction[DreamBot], trick: Trick) -> None:
    """Open a dialog with another's trick in it."""
    said = speech(interaction.locale)
    title = said.say("trick.title-remix", name=trick.name)
    await open_dialog(interaction, title, *_fields(said, trick), verb="trick-remix", thing=trick.name)


async def ask_for_edit(interaction: discord.Interaction[DreamBot], trick: Trick) -> None:
    """Open a dialog with one's own trick in it. Raises NotYours."""
    said = speech(interaction.locale)
    check_own(interaction, trick)
    await open_dialog(
        interaction,
        said.say("trick.title-edit", name=trick.name),
        *_fields(said, trick)[1:],
        verb="trick-edit",
        thing=trick.name,
        detail=str(trick.version),
    )


async def ask_for_share(interaction: discord.Interaction[DreamBot], job: str) -> None:
    """Open a dialog with what steered a picture beside its subject. Raises NotYours for another's."""
    said = speech(interaction.locale)
    record = await interaction.client.queue.record(job)
    if record.job.owner.id != owner_of(interaction).id:
        owner = words.plain(record.job.owner.name, words.NAME_SHOWN)
        raise NotYours(said.say("trick.only-owner-shares", owner=owner))
    fields = _fields(said, modifiers(record.recipe))
    await open_dialog(interaction, said.say("trick.title-add"), *fields, verb="trick-share", thing=job)


async def ask_why(interaction: discord.Interaction[DreamBot], trick: Trick) -> None:
    """Open the dialog of a report."""
    said = speech(interaction.locale)
    why = Field("why", said.say("trick.field-why"), long=True, most=LONGEST_WHY)
    title = said.say("trick.title-report", name=trick.name)
    await open_dialog(interaction, title, why, verb="trick-report-why", thing=trick.name)


async def added(
    interaction: discord.Interaction[DreamBot], _thing: str, _detail: str, typed: Mapping[str, str]
) -> None:
    """Somebody sent a new trick."""
    await _share(interaction, typed)


async def remixed(
    interaction: discord.Interaction[DreamBot], thing: str, _detail: str, typed: Mapping[str, str]
) -> None:
    """Somebody sent a remix of a trick."""
    await _share(interaction, typed, parent=(await interaction.client.tricks.get(thing)).name)


async def shared(
    interaction: discord.Interaction[DreamBot], thing: str, _detail: str, typed: Mapping[str, str]
) -> None:
    """Somebody sent the trick of a picture of theirs, which is its first example."""
    said = speech(interaction.locale)
    record = await interaction.client.queue.record(thing)
    if record.job.owner.id != owner_of(interaction).id:
        owner = words.plain(record.job.owner.name, words.NAME_SHOWN)
        raise NotYours(said.say("trick.only-owner-shares", owner=owner))
    await _share(interaction, typed, examples=(record.job.id,))


async def changed(
    interaction: discord.Interaction[DreamBot], thing: str, detail: str, typed: Mapping[str, str]
) -> None:
    """Somebody sent an edit of their trick."""
    bot = interaction.client
    trick = await bot.tricks.get(thing)
    check_own(interaction, trick)
    if str(trick.version) != detail:
        raise TrickChanged(trick.name)
    about, tags = _about(typed["about"])
    new = edited(
        trick, text=typed["text"], negative=typed["negative"], flags=typed["flags"], about=about, tags=tags
    )
    await check_may_ask(interaction, *texts_of(new))
    await bot.tricks.put(new)
    await bot.shelf.refresh(bot.tricks)
    await whisper(interaction, speech(interaction.locale).say("trick.edited", name=new.name))


async def reported(
    interaction: discord.Interaction[DreamBot], thing: str, _detail: str, typed: Mapping[str, str]
) -> None:
    """Somebody says what is wrong with a trick."""
    await check_may_ask(interaction)
    bot = interaction.client
    count = await bot.tricks.report(thing, owner_of(interaction).id, typed["why"])
    await bot.shelf.refresh(bot.tricks)
    await audit(interaction, "trick.report", about={"trick": thing, "why": typed["why"], "reports": count})
    await whisper(interaction, speech(interaction.locale).say("trick.reported"))


def texts_of(trick: Trick) -> tuple[str, ...]:
    """All words of a trick, for those who look whether they may be here; those of its name one by one."""
    named = (name.replace("-", " ") for name in (trick.name, *trick.tags))
    return tuple(filter(None, (*named, trick.text, trick.negative, trick.flags, trick.about)))


def check_own(interaction: discord.Interaction[DreamBot], trick: Trick) -> None:
    """Raises NotYours unless the trick is this member's."""
    if not owned_by(trick, owner_of(interaction)):
        said = speech(interaction.locale)
        owner = (
            words.plain(trick.author.name, words.NAME_SHOWN) if trick.author else said.say("trick.somebody")
        )
        raise NotYours(said.say("trick.only-own", owner=owner, name=trick.name))


def modifiers(recipe: Recipe) -> Trick:
    """What steered a picture beside its subject: the words after the first phrase, and what it steers away
    from. Where tricks were put around the subject, theirs."""
    wanted = [phrase.text for phrase in recipe.phrases if phrase.wanted]
    around = SLOT
    for style in recipe.styles:
        if SLOT in style.text:
            around = style.text.replace(SLOT, around)
    text = ", ".join([*([around] if around != SLOT else []), *wanted[1:]])
    negative = ", ".join(phrase.text for phrase in recipe.phrases if not phrase.wanted)
    flags = " ".join(style.flags for style in recipe.styles if style.flags)
    return Trick(
        name="-", text=text[:LONGEST_TEXT], negative=negative[:LONGEST_TEXT], flags=flags[:LONGEST_FLAGS]
    )


async def _share(
    interaction: discord.Interaction[DreamBot],
    typed: Mapping[str, str],
    *,
    parent: str = "",
    examples: tuple[str, ...] = (),
) -> None:
    bot = interaction.client
    about, tags = _about(typed["about"])
    trick = drafted(
        typed["name"],
        typed["text"],
        negative=typed["negative"],
        flags=typed["flags"],
        about=about,
        tags=tags,
        author=owner_of(interaction),
        parent=parent,
        examples=examples,
    )
    await check_may_ask(interaction, *texts_of(trick))
    kept = await bot.tricks.put(trick)
    await bot.shelf.refresh(bot.tricks)
    await show(interaction, kept, announced=True)


def _about(typed: str) -> tuple[str, str]:
    """The description, and the tags that stand in it."""
    return " ".join(_TAG.sub(" ", typed).split()), ",".join(_TAG.findall(typed))


def _fields(said: Speech, trick: Trick) -> tuple[Field, ...]:
    about = " ".join([trick.about, *(f"#{tag}" for tag in trick.tags)]).strip()
    return (
        Field(
            "name", said.say("trick.field-name"), most=LONGEST_NAME, hint=said.say("trick.field-name-hint")
        ),
        Field(
            "text",
            said.say("trick.field-text"),
            trick.text,
            long=True,
            required=False,
            most=LONGEST_TEXT,
            hint=said.say("trick.field-text-hint"),
        ),
        Field(
            "negative", said.say("trick.field-negative"), trick.negative, required=False, most=LONGEST_TEXT
        ),
        Field("flags", said.say("trick.field-flags"), trick.flags, required=False, most=LONGEST_FLAGS),
        Field("about", said.say("trick.field-about"), about, required=False, most=3 * LONGEST_ABOUT),
    )
