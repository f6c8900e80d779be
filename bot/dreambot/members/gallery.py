"""Galleries: a page a picture, seen by whoever opened it, with buttons that know the page by their id."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord

from dreambot import words
from dreambot.buttons import JobButton
from dreambot.found import may_see
from dreambot.lineage import link
from dreambot.looking import look
from dreambot.message import Shown, as_files
from dreambot.texts import Speech, speech
from dreamqueue.errors import DreamError
from dreamqueue.job import Finished, Record, Stopped

if TYPE_CHECKING:
    from dreambot.app import DreamBot

MOST = 100
"""Pages."""
READ = 300
"""Of a member's newest jobs, among which the pictures are looked for."""
MINE, BEST = "mine", "best"


async def turn(interaction: discord.Interaction[DreamBot], which: str, page: str) -> None:
    """Somebody pressed a button of a gallery: show that page in its place."""
    if which not in (MINE, BEST) or not page.isdecimal():
        raise DreamError(speech(interaction.locale).say("buttons.another-time"))
    await interaction.response.defer()
    shown, hidden = await leaf(interaction, which, int(page))
    await interaction.edit_original_response(
        content=shown.content, attachments=as_files(shown, spoiler=hidden), view=shown.buttons
    )


async def leaf(interaction: discord.Interaction[DreamBot], which: str, page: int) -> tuple[Shown, bool]:
    """One page, and whether its picture is hidden until somebody clicks. Pages begin at 1."""
    said = speech(interaction.locale)
    hung = await (_mine(interaction) if which == MINE else _best(interaction))
    if not hung:
        return Shown(said.say(f"gallery.no-{which}"), _row(which, 0, 0, "", said)), False
    page = min(max(1, page), len(hung))
    record = hung[page - 1]
    stars = await interaction.client.queue.stars.of(record.job.id)
    shown = await look(interaction.client, record, said.language, interaction.channel_id or 0)
    content = "\n".join(
        [said.say(f"gallery.{which}", page=page, pages=len(hung)), _credit(record, stars, said)]
    )
    row = _row(which, page, len(hung), record.job.id, said)
    hidden = record.reply is not None and record.reply.spoiler
    return Shown(words.fit(content), row, shown.files or [], shown.described, shown.spoiler), hidden


async def _mine(interaction: discord.Interaction[DreamBot]) -> list[Record]:
    records = await interaction.client.queue.jobs_of(str(interaction.user.id), most=READ)
    own = [record for record in records if isinstance(record.ending, Finished | Stopped) and record.reply]
    return own[:MOST]


async def _best(interaction: discord.Interaction[DreamBot]) -> list[Record]:
    if interaction.guild_id is None:
        return []
    found = await interaction.client.queue.stars.best(interaction.guild_id, most=MOST)
    return [one.record for one in found if may_see(interaction, one.record)]


def _credit(record: Record, stars: int, said: Speech) -> str:
    name = words.plain(record.job.owner.name, words.NAME_SHOWN)
    facts = [said.say("job.for", name=name), f"★ {stars}", f"`{record.job.id}`"]
    if record.reply is not None:
        facts.append(link(record.reply, said.say("members.where")))
    return f"**{words.plain(record.recipe.words)}**\n{' · '.join(facts)}"


def _row(which: str, page: int, pages: int, job: str, said: Speech) -> discord.ui.View:
    view = discord.ui.View(timeout=None)
    if page > 1:
        view.add_item(JobButton("gallery", which, str(page - 1), said, 0, said.say("gallery.before")))
    if page < pages:
        view.add_item(JobButton("gallery", which, str(page + 1), said, 0, said.say("gallery.after")))
    if job:
        view.add_item(JobButton("again", job, "", said, 0))
    other = BEST if which == MINE else MINE
    view.add_item(JobButton("gallery", other, "1", said, 0, said.say(f"gallery.to-{other}")))
    return view
