"""/score: how near pictures are to words, by a critic: numbers and ranks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from dreambot import words
from dreambot.gate import check_may_ask
from dreambot.pictured import keep, pictures_of
from dreambot.texts import Speech, speech
from dreamconfig.catalogue import models
from dreamqueue import workers
from dreamqueue.errors import BadValue, PictureError, QueueAway
from dreamqueue.questions import LONGEST_TEXT, Score, ask, critics_of
from dreamqueue.store import queue_at_hand
from dreamqueue.text import clip, quote

if TYPE_CHECKING:
    from dreambot.app import DreamBot

MOST_PHRASES = 15
MOST_PICTURES = 8
SHOWN = 60
"""Characters of a phrase that are shown."""
BETWEEN = re.compile(r"[|;\n]+")


class ScoreCog(commands.Cog, name="Score"):
    """Pictures by words."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(
        phrases="What to look for; phrases with | between them",
        picture="A picture of yours",
        second="Another one",
        third="And another one",
        job="The id of a job: its picture, or each of its pictures",
        critic="Who looks",
    )
    @app_commands.rename(phrases="words")
    async def score(
        self,
        interaction: discord.Interaction[DreamBot],
        phrases: str,
        picture: discord.Attachment | None = None,
        second: discord.Attachment | None = None,
        third: discord.Attachment | None = None,
        job: str | None = None,
        critic: str | None = None,
    ) -> None:
        """How near pictures are to words."""
        said = speech(interaction.locale)
        texts = split(phrases, said)
        attached = [file for file in (picture, second, third) if file is not None]
        if not attached and job is None:
            raise PictureError(said.say("score.no-picture"))
        if critic is not None and critic not in _critics():
            raise BadValue(quote(critic), said.say("score.no-critic", critics=", ".join(_critics())))
        await check_may_ask(interaction, phrases)
        await interaction.response.defer(ephemeral=True, thinking=True)
        named = [(file.filename, await keep(interaction, file)) for file in attached]
        if job is not None:
            named += await pictures_of(interaction, job)
        named = named[:MOST_PICTURES]
        keys = tuple(key for _, key in named)
        question = Score(pictures=keys, texts=texts, critic=critic or "")
        answer = await ask(self.bot.queue, question, member=str(interaction.user.id))
        names = [name for name, _ in named]
        content = table(names, texts, answer.similarities, answer.critic, said)
        await interaction.edit_original_response(content=content)

    @score.autocomplete("critic")
    async def suggest(
        self, interaction: discord.Interaction[DreamBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        """Critics that somebody awake can ask."""
        try:
            async with queue_at_hand():
                cards = await workers.awake(self.bot.queue.redis)
        except QueueAway:
            return []
        there = [name for name in critics_of(cards, _critics()) if typed.lower() in name]
        return [app_commands.Choice(name=name, value=name) for name in there][:25]


def split(typed: str, said: Speech) -> tuple[str, ...]:
    """The phrases. Raises BadValue."""
    found = [" ".join(part.split()) for part in BETWEEN.split(typed)]
    texts = tuple(dict.fromkeys(part for part in found if part))
    if not texts:
        raise BadValue(quote(clip(typed, 40)), said.say("score.no-word"))
    if len(texts) > MOST_PHRASES:
        raise BadValue(
            quote(clip(typed, 40)), said.say("score.too-many", count=len(texts), most=MOST_PHRASES)
        )
    for text in texts:
        if len(text) > LONGEST_TEXT:
            raise BadValue(quote(clip(text, 40)), said.say("score.too-long", most=LONGEST_TEXT))
    return texts


def table(
    pictures: Sequence[str],
    texts: Sequence[str],
    similarities: Sequence[Sequence[float]],
    critic: str,
    said: Speech,
) -> str:
    """Numbers and ranks: a column a picture, a line a phrase, by the first picture's ranks."""
    ranks = [_ranks(row) for row in similarities]
    letters = [chr(ord("A") + at) for at in range(len(pictures))]
    head = "" if len(pictures) == 1 else "  ".join(f"{letter:>10}" for letter in letters) + "\n"
    lines = []
    for at in sorted(range(len(texts)), key=lambda at: ranks[0][at]):
        cells = "  ".join(
            f"{row[at]:6.3f} {'#' + str(rank[at]):>3}" for row, rank in zip(similarities, ranks, strict=True)
        )
        lines.append(f"{cells}  {_quiet(texts[at])}")
    named = (
        ""
        if len(pictures) == 1
        else "\n"
        + "\n".join(
            f"-# {letter}: {words.plain(name, words.NAME_SHOWN)}"
            for letter, name in zip(letters, pictures, strict=True)
        )
    )
    said_first = said.say("score.head", critic=critic)
    room = words.LIMIT - len(said_first) - len(named) - len(head) - 12
    return words.fit(f"{said_first}\n```\n{head}{_cut(lines, room)}\n```{named}")


def _ranks(row: Sequence[float]) -> list[int]:
    return [1 + sum(other > one for other in row) for one in row]


def _cut(lines: Sequence[str], room: int) -> str:
    kept: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return "\n".join(kept)


def _critics() -> list[str]:
    return [name for name, entry in models().items() if entry.kind in ("pocket", "open_clip")]


def _quiet(text: str) -> str:
    """Words of a member within a block of code."""
    return clip(text.replace("`", "'").replace("@", "@\u200b"), SHOWN)
