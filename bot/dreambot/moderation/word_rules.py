"""Word rules at work: what breaks one is told to who asked and to the audit log, and to nobody else.
The audit channel hears of one member and one rule once a minute at most."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import discord

from dreambot import words
from dreambot.haste import in_time
from dreambot.moderation.audit import audit
from dreambot.permissions import owner_of
from dreambot.texts import Speech, speech
from dreamqueue.audit import TEXT
from dreamqueue.errors import BrokenRule, QueueAway
from dreamqueue.prompt import FLAGS
from dreamqueue.recipe import Recipe
from dreamqueue.rules import Matcher, Rule, texts_of
from dreamqueue.rules.spelling import width
from dreamqueue.text import FLAG_DASHES, quote

if TYPE_CHECKING:
    from dreambot.app import DreamBot

AT_ONCE = 4000
"""Characters, as wide as they become, that are looked at without a thread: a few milliseconds' work."""
TOLD = "rules told"
"""Where an interaction remembers which rules moderators have been told of."""

_FLAG = re.compile(
    rf"(?:^|(?<=\s)){FLAG_DASHES}(?:{'|'.join(map(re.escape, FLAGS))})(?![\w-])", re.IGNORECASE
)


async def check_rules(interaction: discord.Interaction[DreamBot], *texts: str) -> None:
    """Raises BrokenRule for words that are refused here. `texts` are as typed: names of flags are no words,
    but whatever else begins with dashes is."""
    await _check(interaction, texts, [_FLAG.sub(" ", text) for text in texts])


async def check_recipe(interaction: discord.Interaction[DreamBot], recipe: Recipe) -> None:
    """The same of everything that a recipe says, each picture of a grid included. It holds no flags."""
    texts = texts_of(recipe)
    await _check(interaction, texts, texts)


async def _check(
    interaction: discord.Interaction[DreamBot], texts: Sequence[str], said: Sequence[str]
) -> None:
    async with in_time(interaction):
        matcher = await interaction.client.word_rules.matcher()
    broken = await _broken(matcher, said)
    told: set[str] = interaction.extras.setdefault(TOLD, set())
    fresh = [rule for rule in broken if rule.name not in told]
    told |= {rule.name for rule in fresh}
    refusing = [rule for rule in broken if rule.action == "refuse"]
    if fresh:
        action = "words.refused" if refusing else "words.told"
        rules = ", ".join(rule.name for rule in fresh)
        told_of = {"rule": rules, TEXT: " | ".join(texts)}
        news = interaction.client.lately.is_news(owner_of(interaction).id, rules)
        interaction.client.later(audit(interaction, action, about=told_of, told=news))
    if refusing:
        raise BrokenRule(refusal(refusing[0], speech(interaction.locale)))


async def _broken(matcher: Matcher, texts: Sequence[str]) -> list[Rule]:
    if sum(map(len, texts)) < AT_ONCE and sum(map(width, texts)) < AT_ONCE:
        return matcher.broken_by(*texts)
    return await asyncio.to_thread(matcher.broken_by, *texts)


async def remember(interaction: discord.Interaction[DreamBot], recipe: Recipe) -> None:
    """What was asked for can be tried on a new rule for seven days."""
    with contextlib.suppress(QueueAway):
        await interaction.client.word_rules.note(owner_of(interaction).id, texts_of(recipe)[0])


def refusal(rule: Rule, said: Speech) -> str:
    """What the member is told."""
    why = f" {words.plain(rule.reason, 400)}" if rule.reason else ""
    return said.say(f"words.broke-{rule.kind}", rule=quote(rule.text)) + why
