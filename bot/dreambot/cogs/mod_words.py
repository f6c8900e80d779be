"""`/mod words`: moderators keep the word rules, and try one on what was typed of late before it holds."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from dreambot import words
from dreambot.cogs.mod import MOD
from dreambot.moderation.audit import audit
from dreambot.moderation.moderators import check_keeper, check_moderator, is_moderator
from dreambot.permissions import owner_of
from dreambot.texts import Speech, speech
from dreamqueue.errors import DreamError, QueueAway
from dreamqueue.rules import Rule, rule_of
from dreamqueue.rules.rule import LONGEST
from dreamqueue.rules.store import Trial
from dreamqueue.text import clip, quote

if TYPE_CHECKING:
    from dreambot.app import DreamBot

SHOWN = 1800
"""Characters of a list that stand in the message; a longer one is attached."""
EXAMPLES = 8
"""Texts of a trial that are shown."""

WORDS = app_commands.Group(name="words", description="Words that nobody may ask for")

KINDS = [
    app_commands.Choice(name="a whole word", value="word"),
    app_commands.Choice(name="a phrase: words in a row", value="phrase"),
    app_commands.Choice(name="a regular expression (RE2)", value="regex"),
]
ACTIONS = [
    app_commands.Choice(name="refuse it", value="refuse"),
    app_commands.Choice(name="paint it, and note it in the audit log", value="tell"),
]
Text = app_commands.Range[str, 1, LONGEST]


class ModWords(commands.Cog):
    """Hangs the group into `/mod`; comes before it in COGS."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """With the bot's start."""
        MOD.add_command(WORDS, override=True)


@WORDS.command()
@app_commands.describe(
    kind="What kind of rule",
    text="The word, phrase or expression",
    reason="What members are told",
    action="What happens",
)
@app_commands.choices(kind=KINDS, action=ACTIONS)
async def add(
    interaction: discord.Interaction[DreamBot],
    kind: str,
    text: Text,
    reason: app_commands.Range[str, 0, LONGEST] = "",
    action: str = "refuse",
) -> None:
    """Add a word rule; try it first."""
    check_keeper(interaction)
    rule = rule_of(kind, text, reason=reason, action=action, by=owner_of(interaction))
    await _keep(interaction, rule, "words.add")


@WORDS.command()
@app_commands.describe(text="A word or phrase that is taken out before anything is looked for")
async def allow(interaction: discord.Interaction[DreamBot], text: Text) -> None:
    """Allow a word or phrase, whatever the rules say."""
    check_keeper(interaction)
    await _keep(interaction, rule_of("allow", text, by=owner_of(interaction)), "words.allow")


@WORDS.command()
@app_commands.describe(rule="The rule's name, such as word:peg")
async def remove(interaction: discord.Interaction[DreamBot], rule: str) -> None:
    """Remove a word rule."""
    check_keeper(interaction)
    said = speech(interaction.locale)
    await interaction.response.defer(ephemeral=True)
    if not await interaction.client.word_rules.remove(rule):
        raise DreamError(said.say("words.unknown", rule=quote(rule)))
    await audit(interaction, "words.remove", about={"rule": rule})
    await interaction.followup.send(said.say("words.removed", rule=quote(rule)), ephemeral=True)


@remove.autocomplete("rule")
async def suggest(interaction: discord.Interaction[DreamBot], typed: str) -> list[app_commands.Choice[str]]:
    """Rules that commands have added, to moderators alone."""
    if not is_moderator(interaction):
        return []
    try:
        rules = await interaction.client.word_rules.rules()
    except QueueAway:
        return []
    own = {rule.name for rule in interaction.client.word_rules.own}
    names = [rule.name for rule in rules if rule.name not in own and typed.casefold() in rule.name]
    return [app_commands.Choice(name=name, value=name) for name in names if len(name) <= 100][:25]


@WORDS.command(name="list")
async def show(interaction: discord.Interaction[DreamBot]) -> None:
    """All word rules."""
    check_moderator(interaction)
    said = speech(interaction.locale)
    await interaction.response.defer(ephemeral=True)
    rules = await interaction.client.word_rules.rules()
    if not rules:
        await interaction.followup.send(said.say("words.none"), ephemeral=True)
        return
    lines = [described(rule, said) for rule in rules]
    head, whole = said.say("words.list", count=len(rules)), "\n".join(f"- {line}" for line in lines)
    if len(whole) <= SHOWN:
        await interaction.followup.send(f"{head}\n{whole}", ephemeral=True)
        return
    file = discord.File(io.BytesIO(whole.encode()), "words.txt")
    await interaction.followup.send(f"{head} {said.say('words.list-cut')}", file=file, ephemeral=True)


@WORDS.command(name="try")
@app_commands.describe(kind="What kind of rule", text="The word, phrase or expression")
@app_commands.choices(kind=KINDS)
async def attempt(interaction: discord.Interaction[DreamBot], kind: str, text: Text) -> None:
    """What a rule would have done to what was typed in the last seven days."""
    check_keeper(interaction)
    rule = rule_of(kind, text)
    await interaction.response.defer(ephemeral=True)
    trial = await interaction.client.word_rules.try_out(rule)
    await audit(interaction, "words.try", about={"rule": rule.name, "matched": len(trial.broken)})
    await interaction.followup.send(outcome(rule, trial, speech(interaction.locale)), ephemeral=True)


def described(rule: Rule, said: Speech) -> str:
    """A rule in a line."""
    return said.say(
        "words.rule",
        kind=said.say(f"words.kind-{rule.kind}"),
        text=quote(rule.text, LONGEST),
        action=said.say("words.does-allow" if rule.kind == "allow" else f"words.does-{rule.action}"),
        reason=f" “{words.plain(rule.reason, 400)}”" if rule.reason else "",
        by=said.say("words.by", name=words.plain(rule.by.name, words.NAME_SHOWN))
        if rule.by
        else said.say("words.by-file"),
    )


def outcome(rule: Rule, trial: Trial, said: Speech) -> str:
    """What a trial found: how many, and the newest of them."""
    if not trial.broken:
        return said.say("words.tried-none", rule=quote(rule.text), texts=trial.texts)
    facts = {"count": len(trial.broken), "texts": trial.texts, "members": trial.members}
    shown = [f"- {words.plain(typed.text, 160)}" for typed in trial.broken[:EXAMPLES]]
    return clip("\n".join([said.say("words.tried", rule=quote(rule.text), **facts), *shown]), words.LIMIT)


async def _keep(interaction: discord.Interaction[DreamBot], rule: Rule, action: str) -> None:
    said = speech(interaction.locale)
    await interaction.response.defer(ephemeral=True)
    store = interaction.client.word_rules
    known = {each.name for each in await store.rules()}
    await store.add(rule)
    about = {"rule": rule.name, "reason": rule.reason, "does": rule.action}
    await audit(interaction, action, about=about)
    key = "words.replaced" if rule.name in known else "words.added"
    await interaction.followup.send(said.say(key, rule=described(rule, said)), ephemeral=True)
