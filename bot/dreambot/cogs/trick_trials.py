"""/trick try and /trick test: what a trick does to pictures, for the eyes and in numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from dreambot.buttons import buttons
from dreambot.cogs.imagine import CHOICES
from dreambot.cogs.trick import suggest, trick
from dreambot.gate import check_may_ask
from dreambot.permissions import check_can_post, owner_of
from dreambot.rights import share
from dreambot.texts import speech
from dreambot.tricks import trial_words
from dreambot.tricks.views import found
from dreambot.verbs.trials import begin_try
from dreamqueue import workers
from dreamqueue.errors import TrickError
from dreamqueue.job import new_job_id
from dreamqueue.places import estimate
from dreamqueue.prompt import random_seed, suggest_presets
from dreamqueue.store import queue_at_hand
from dreamqueue.tricks import offers, trials
from dreamqueue.tricks.judges import judge_for

if TYPE_CHECKING:
    from dreambot.app import DreamBot

BUTTONS = "test-go", "test-leave"


class TrickTrials(commands.Cog):
    """Hangs its commands into the group `/trick` by being imported."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot


@trick.command(name="try")
@app_commands.describe(
    name="The trick",
    prompt="What to paint, once without the trick and once with it; flags as in /imagine",
)
async def try_(interaction: discord.Interaction[DreamBot], name: str, prompt: str) -> None:
    """See a trick: the same words and seed without it and with it, side by side."""
    check_can_post(interaction)
    await begin_try(interaction, await found(interaction, name), prompt)


@trick.command(name="test")
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
    one = await found(interaction, name)
    fields = {"backend": backend, "preset": preset, "size": size, "steps": steps, "seed": random_seed()}
    options = {field: str(value) for field, value in fields.items() if value is not None}
    limits, menu = share(interaction).within(bot.limits), bot.menu
    recipe, trial = trials.to_measure(one, trials.subjects_of(subjects or ""), seeds, options, limits, menu)
    if not trial.words:
        raise TrickError(said.say("trials.no-words", trick=one.name))
    await interaction.response.defer(thinking=True)  # the queue is looked through
    async with queue_at_hand():
        cards = await workers.awake(bot.queue.redis)
        seconds = await estimate(bot.queue.store, recipe)
    trial = trial.model_copy(update={"judge": judge_for(recipe, cards, menu)})
    owner = owner_of(interaction)
    offer = offers.Offer(
        job=new_job_id(), recipe=recipe, trial=trial, owner=owner, typed=" | ".join(trial.subjects)
    )
    await offers.make(bot.queue.redis, offer)
    await interaction.edit_original_response(
        content=trial_words.offer(offer, seconds, said), view=buttons(offer.job, *BUTTONS, said=said)
    )


try_.autocomplete("name")(suggest)
measure.autocomplete("name")(suggest)


@measure.autocomplete("preset")
async def presets(interaction: discord.Interaction[DreamBot], typed: str) -> list[app_commands.Choice[str]]:
    """Presets of the backend that is chosen already, or of all."""
    found = suggest_presets(typed, getattr(interaction.namespace, "backend", None))
    return [app_commands.Choice(name=one.about, value=one.value) for one in found]
