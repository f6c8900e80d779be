"""/trick try and /trick test: what a trick does to pictures, for the eyes and in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import discord
from discord import app_commands
from discord.ext import commands

from dreambot import words
from dreambot.buttons import buttons
from dreambot.cogs.imagine import CHOICES
from dreambot.gate import check_may_ask
from dreambot.permissions import check_can_post, owner_of
from dreambot.rights import share
from dreambot.start import Asking, submit, take_up
from dreambot.texts import speech
from dreamqueue import workers
from dreamqueue.errors import QueueAway, TrickError
from dreamqueue.job import new_job_id
from dreamqueue.places import estimate
from dreamqueue.prompt import random_seed, suggest_presets, whole_menu
from dreamqueue.prompt.styles import suggest_styles
from dreamqueue.store import queue_at_hand
from dreamqueue.tricks import Trick, TrickStore, offers, trials
from dreamqueue.tricks.judges import judge_for
from dreamqueue.tricks.store import unknown

if TYPE_CHECKING:
    from dreambot.app import DreamBot

GROUP = "trick"
BUTTONS = "test-go", "test-leave"


class TrickTrials(commands.Cog):
    """Adds its commands to the group `/trick`, which is there before it."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        """Find the group, or begin it."""
        group = self.bot.tree.get_command(GROUP)
        if group is None:
            group = app_commands.Group(name=GROUP, description="Tricks of this community", guild_only=True)
            self.bot.tree.add_command(group)
        assert isinstance(group, app_commands.Group)
        for command in (try_, measure):
            group.add_command(command, override=True)


@app_commands.command(name="try")
@app_commands.guild_only()
@app_commands.describe(
    name="The trick",
    prompt="What to paint, once without the trick and once with it; flags as in /imagine",
)
async def try_(interaction: discord.Interaction[DreamBot], name: str, prompt: str) -> None:
    """See a trick: the same words and seed without it and with it, side by side."""
    check_can_post(interaction)
    bot = interaction.client
    trick = await _trick(bot, name)
    options = {"seed": str(random_seed())}
    limits, menu = share(interaction).within(bot.limits), whole_menu(bot.settings.critic)
    recipe, trial = trials.to_try(trick, prompt, options, limits, menu)

    async def queued(ask: Asking) -> None:
        await submit(interaction, ask, recipe, typed=prompt, trial=trial)

    await take_up(interaction, queued, prompt)


@app_commands.command(name="test")
@app_commands.guild_only()
@app_commands.describe(
    name="The trick",
    subjects=f"What to paint, with | between, up to {trials.MOST_SUBJECTS}; else four usual things",
    seeds="Pairs of each subject",
    backend="The way to paint",
    preset="One of the backend's sets of defaults",
    size="Width and height in pixels, such as 256x192",
    steps="Of each picture; else as many as fit into one job",
)
@app_commands.choices(backend=CHOICES)
async def measure(
    interaction: discord.Interaction[DreamBot],
    name: str,
    subjects: str | None = None,
    seeds: app_commands.Range[int, 1, trials.MOST_SEEDS] = trials.SEEDS,
    backend: str | None = None,
    preset: str | None = None,
    size: str | None = None,
    steps: app_commands.Range[int, 1, 20_000] | None = None,
) -> None:
    """Measure a trick: subjects and seeds without it and with it, seen by a critic that did not steer."""
    check_can_post(interaction)
    bot, said = interaction.client, speech(interaction.locale)
    await check_may_ask(interaction, subjects or "")
    trick = await _trick(bot, name)
    fields = {"backend": backend, "preset": preset, "size": size, "steps": steps, "seed": random_seed()}
    options = {field: str(value) for field, value in fields.items() if value is not None}
    limits, menu = share(interaction).within(bot.limits), whole_menu(bot.settings.critic)
    recipe, trial = trials.to_measure(trick, trials.subjects_of(subjects or ""), seeds, options, limits, menu)
    if not trial.words:
        raise TrickError(said.say("trials.no-words", trick=trick.name))
    async with queue_at_hand():
        cards = await workers.awake(bot.queue.redis)
        seconds = await estimate(bot.queue.store, recipe)
    trial = trial.model_copy(update={"judge": judge_for(recipe, cards, menu)})
    owner = owner_of(interaction)
    offer = offers.Offer(
        job=new_job_id(), recipe=recipe, trial=trial, owner=owner, typed=" | ".join(trial.subjects)
    )
    await offers.make(bot.queue.redis, offer)
    await interaction.response.send_message(
        words.offer(offer, seconds, said), view=buttons(offer.job, *BUTTONS, said=said)
    )


@try_.autocomplete("name")
@measure.autocomplete("name")
async def suggest(interaction: discord.Interaction[DreamBot], typed: str) -> list[app_commands.Choice[str]]:
    """Tricks whose names are like what is being typed."""
    try:
        known = await TrickStore(interaction.client.queue.redis).all()
    except QueueAway:
        return []
    offered = {name: trick.style() for name, trick in known.items() if trick.state == "offered"}
    found = [style for style in suggest_styles(typed.replace(",", " "), offered) if "," not in style.name]
    return [
        app_commands.Choice(
            name=(f"{one.name} · {one.about}" if one.about else one.name)[:100], value=one.name
        )
        for one in found
    ]


@measure.autocomplete("preset")
async def presets(interaction: discord.Interaction[DreamBot], typed: str) -> list[app_commands.Choice[str]]:
    """Presets of the backend that is chosen already, or of all."""
    found = suggest_presets(typed, getattr(interaction.namespace, "backend", None))
    return [app_commands.Choice(name=one.about, value=one.value) for one in found]


async def _trick(bot: DreamBot, name: str) -> Trick:
    """The trick of that name that is on the menu."""
    tricks = TrickStore(bot.queue.redis)
    found = await tricks.get(name)
    if found.state == "hidden":
        known = await tricks.all()
        raise unknown(name, [one.name for one in known.values() if one.state == "offered"])
    return cast(Trick, found)
