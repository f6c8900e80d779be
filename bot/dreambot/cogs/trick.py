"""/trick: what the community found out about words, shared, voted on, remixed, and taken along as files.

The group is the module's own, so that other files can hang further commands into it.
"""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

import discord
from discord import app_commands
from discord.ext import commands

from dreambot import words
from dreambot.errors import whisper
from dreambot.gate import check_may_ask, check_words
from dreambot.moderation.audit import audit
from dreambot.permissions import owner_of
from dreambot.texts import speech
from dreambot.tricks import dialogs as trick_dialogs
from dreambot.tricks import words as trick_words
from dreambot.tricks.views import found, listed, show
from dreambot.verbs.trick import vote as count_vote
from dreamqueue.errors import DreamError, NameTaken, QueueAway, TrickError
from dreamqueue.prompt.menu import name_of
from dreamqueue.prompt.suggestions import alike
from dreamqueue.text import normalise
from dreamqueue.tricks import Trick, read_tricks, write_tricks
from dreamqueue.tricks.files import check_size
from dreamqueue.tricks.store import owned_by

if TYPE_CHECKING:
    from dreambot.app import DreamBot

trick = app_commands.Group(
    name="trick", description="Words that make pictures better, shared by their names", guild_only=True
)

VOTES: dict[str, Literal[-1, 0, 1]] = {"for": 1, "against": -1, "neither": 0}


class Tricks(commands.Cog):
    """Brings the group into the bot's commands."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """The bot has it from here on."""
        self.bot.tree.add_command(trick, override=True)


@trick.command()
async def add(interaction: discord.Interaction[DreamBot]) -> None:
    """Share a trick of yours."""
    await check_may_ask(interaction)
    await trick_dialogs.ask_for_new(interaction)


@trick.command(name="list")
@app_commands.describe(
    order="Which first; reported ones are for moderators",
    tag="Only those with this tag",
    author="Only those of this member",
)
async def list_tricks(
    interaction: discord.Interaction[DreamBot],
    order: Literal["voted", "used", "newest", "reported"] = "voted",
    tag: str | None = None,
    author: discord.Member | None = None,
) -> None:
    """Look through the tricks."""
    which: str = order
    if tag is not None:
        which = trick_words.TAG + "-".join(normalise(tag).lstrip("#").casefold().split())[:24]
    elif author is not None:
        which = f"{trick_words.AUTHOR}{author.id}"
    text, view = listed(interaction, which, 1)
    await interaction.response.send_message(text, view=view, ephemeral=True)


@trick.command(name="show")
@app_commands.describe(name="The trick")
async def show_trick(interaction: discord.Interaction[DreamBot], name: str) -> None:
    """Show a trick to the channel: what it adds, examples, votes, and where it came from."""
    await check_may_ask(interaction)
    await show(interaction, await found(interaction, name))


@trick.command()
@app_commands.describe(name="The trick", vote="Your vote; the last one counts")
async def vote(
    interaction: discord.Interaction[DreamBot], name: str, vote: Literal["for", "against", "neither"]
) -> None:
    """Vote on a trick of somebody else."""
    await count_vote(interaction, name, VOTES[vote])


@trick.command()
@app_commands.describe(name="The trick to begin with")
async def remix(interaction: discord.Interaction[DreamBot], name: str) -> None:
    """Make another trick of one that is there."""
    await trick_dialogs.ask_for_remix(interaction, await found(interaction, name))


@trick.command()
@app_commands.describe(name="Your trick")
async def edit(interaction: discord.Interaction[DreamBot], name: str) -> None:
    """Change a trick of yours."""
    await trick_dialogs.ask_for_edit(interaction, await found(interaction, name))


@trick.command()
@app_commands.describe(name="Your trick")
async def remove(interaction: discord.Interaction[DreamBot], name: str) -> None:
    """Take a trick of yours away, with its votes."""
    bot, one = interaction.client, await found(interaction, name)
    trick_dialogs.check_own(interaction, one)
    await bot.tricks.remove(one)
    await bot.shelf.refresh(bot.tricks)
    await whisper(interaction, speech(interaction.locale).say("trick.removed", name=one.name))


@trick.command()
@app_commands.describe(name="The trick")
async def report(interaction: discord.Interaction[DreamBot], name: str) -> None:
    """Tell the moderators what is wrong with a trick."""
    await trick_dialogs.ask_why(interaction, await found(interaction, name))


@trick.command(name="export")
@app_commands.describe(
    format="Our own holds everything; the others are for A1111 and Fooocus", mine="Only those that you share"
)
async def export_tricks(
    interaction: discord.Interaction[DreamBot],
    format: Literal["toml", "csv", "json"] = "toml",
    mine: bool = False,
) -> None:
    """Take the tricks along as a file."""
    said, owner = speech(interaction.locale), owner_of(interaction)
    known = [one for one in interaction.client.shelf.tricks.values() if one.state == "offered"]
    chosen = [one for one in known if not mine or owned_by(one, owner)]
    data, lost = write_tricks(format, chosen)
    text = said.say("trick.exported", count=len(chosen))
    if lost:
        text = f"{text} {said.say('trick.lost')}\n{trick_words.losses(lost)}"
    name = "styles.csv" if format == "csv" else f"tricks.{format}"
    file = discord.File(io.BytesIO(data), name)
    await interaction.response.send_message(words.fit(text), file=file, ephemeral=True)


@trick.command(name="import")
@app_commands.describe(file="styles.csv of A1111, JSON of Fooocus, or our own TOML")
async def import_tricks(interaction: discord.Interaction[DreamBot], file: discord.Attachment) -> None:
    """Share the tricks of a file; what was not understood is told."""
    bot, said = interaction.client, speech(interaction.locale)
    check_size(file.size)
    await check_may_ask(interaction)
    await interaction.response.defer(ephemeral=True, thinking=True)
    try:
        data = await file.read()
    except discord.HTTPException as error:
        raise TrickError(said.say("trick.no-file")) from error
    read = await asyncio.to_thread(read_tricks, file.filename, data, owner_of(interaction))
    taken, refused = await _put_all(interaction, read.tricks)
    await bot.shelf.refresh(bot.tricks)
    lost = [*read.losses, *refused]
    text = said.say("trick.imported", count=len(taken))
    if taken:
        names = ", ".join(f"`{one.name}`" for one in taken[:20]) + ("…" if len(taken) > 20 else "")
        text = f"{text.removesuffix('.')}: {names}"
    files = []
    if lost:
        text += f"\n{said.say('trick.not-taken', count=len(lost))}\n{trick_words.losses(lost)}"
    if len(lost) > trick_words.LOSSES:
        files = [discord.File(io.BytesIO("\n".join(lost).encode()), "not-taken.txt")]
    if taken:
        await audit(
            interaction,
            "trick.import",
            about={"tricks": ", ".join(one.name for one in taken), "lost": len(lost)},
        )
    await interaction.edit_original_response(content=words.fit(text), attachments=files)


async def _put_all(
    interaction: discord.Interaction[DreamBot], tricks: Iterable[Trick]
) -> tuple[list[Trick], list[str]]:
    """Share each one that may be here; those that were, and why others were not."""
    bot, taken, refused = interaction.client, list[Trick](), list[str]()
    for one in tricks:
        try:
            await check_words(interaction, *trick_dialogs.texts_of(one))
            taken.append(await bot.tricks.put(one))
        except QueueAway:
            raise
        except NameTaken as error:
            known = bot.shelf.tricks.get(one.name)
            same = known is not None and (known.text, known.negative) == (one.text, one.negative)
            refused.append(f"{one.name}: {'is here already' if same else error}")
        except DreamError as error:
            refused.append(f"{one.name}: {error}")
    return taken, refused


@show_trick.autocomplete("name")
@vote.autocomplete("name")
@remix.autocomplete("name")
@report.autocomplete("name")
async def suggest(interaction: discord.Interaction[DreamBot], typed: str) -> list[app_commands.Choice[str]]:
    """Tricks whose names are like what is typed."""
    return choices(typed, (one for one in interaction.client.shelf.tricks.values() if one.state == "offered"))


@edit.autocomplete("name")
@remove.autocomplete("name")
async def suggest_own(
    interaction: discord.Interaction[DreamBot], typed: str
) -> list[app_commands.Choice[str]]:
    """Tricks of whoever types."""
    owner = owner_of(interaction)
    known = interaction.client.shelf.tricks.values()
    return choices(typed, (one for one in known if owned_by(one, owner) and one.state != "merged"))


@list_tricks.autocomplete("tag")
async def suggest_tags(
    interaction: discord.Interaction[DreamBot], typed: str
) -> list[app_commands.Choice[str]]:
    """Tags that there are."""
    offered = (one for one in interaction.client.shelf.tricks.values() if one.state == "offered")
    tags = dict.fromkeys(tag for one in offered for tag in one.tags)
    return [app_commands.Choice(name=tag, value=tag) for tag in alike(name_of(normalise(typed)), tags)[:25]]


def choices(typed: str, tricks: Iterable[Trick]) -> list[app_commands.Choice[str]]:
    """Those whose names are like what is typed, as Discord shows choices."""
    known = {one.name: one for one in tricks}
    names = alike(name_of(normalise(typed[:100])), known)[:25]
    return [
        app_commands.Choice(
            name=(f"{name} · {known[name].about}" if known[name].about else name)[:100], value=name
        )
        for name in names
    ]
