"""/imagine: words, and perhaps a picture to begin with, become a job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import discord
from discord import app_commands
from discord.ext import commands

from dreambot.members.tastes import tastes
from dreambot.permissions import check_can_post, owner_of
from dreambot.rights import share
from dreambot.start import Asking, submit, take_up
from dreambot.texts import speech
from dreambot.uploads import check_declared
from dreamconfig.catalogue import backends
from dreamqueue.collection import slug
from dreamqueue.errors import QueueAway
from dreamqueue.prompt import (
    Suggestion,
    check_pictures,
    lean,
    suggest_loras,
    suggest_presets,
    suggest_styles,
)
from dreamqueue.recipe import MAX_SEED, TargetImage

if TYPE_CHECKING:
    from dreambot.app import DreamBot

CHOICES = [app_commands.Choice(name=entry.title[:100], value=name) for name, entry in backends().items()][:25]


class Imagine(commands.Cog):
    """The command that asks for a picture."""

    def __init__(self, bot: DreamBot) -> None:
        self.bot = bot

    @app_commands.command()
    @app_commands.guild_only()
    @app_commands.describe(
        prompt="What to paint. Phrases with | between them, weights as in fog:0.5, flags as in --seed 7",
        style="Words to add, by name; several with commas",
        backend="The way to paint",
        preset="One of the backend's sets of defaults; for diffusion, its models",
        size="Width and height in pixels, such as 256x192; one number is a square",
        seed="The same seed and words paint the same picture",
        steps="How long to paint",
        image="A picture to begin with",
        strength="How much of that picture diffusion paints over, up to 1",
        target="A picture to steer towards, beside the words: its content and style",
        collection="Pictures that guide the painting, by the collection's name",
        lora="LoRAs that change diffusion's model, by name; several with commas",
    )
    @app_commands.choices(backend=CHOICES)
    async def imagine(
        self,
        interaction: discord.Interaction[DreamBot],
        prompt: str,
        style: str | None = None,
        backend: str | None = None,
        preset: str | None = None,
        size: str | None = None,
        seed: app_commands.Range[int, 0, MAX_SEED] | None = None,
        steps: app_commands.Range[int, 1, 20_000] | None = None,
        image: discord.Attachment | None = None,
        strength: app_commands.Range[float, 0, 1] | None = None,
        target: discord.Attachment | None = None,
        collection: str | None = None,
        lora: str | None = None,
    ) -> None:
        """Paint a picture of your words."""
        fields = {
            "style": style,
            "backend": backend,
            "preset": preset,
            "size": size,
            "seed": seed,
            "steps": steps,
            "strength": strength,
            "collection": collection,
            "lora": lora,
        }
        options = {name: str(value) for name, value in fields.items() if value is not None}
        limits, own = share(interaction).within(self.bot.limits), tastes(interaction).options
        recipe = lean(prompt, own, options=options, limits=limits, menu=self.bot.menu)
        check_pictures(recipe, image=image is not None, targets=target is not None)
        check_can_post(interaction)
        said = speech(interaction.locale)
        for attached in (image, target):
            if attached is not None:
                check_declared(attached.size, attached.content_type, said)
        queue = self.bot.queue  # raises QueueAway, which is answered to nobody else

        async def queued(ask: Asking) -> None:
            wanted = recipe
            if image is not None:
                key = await queue.keep(await self.bot.uploads.picture(image.url, said))
                wanted = wanted.model_copy(update={"image": key})
            if target is not None:
                key = await queue.keep(await self.bot.uploads.picture(target.url, said))
                wanted = wanted.model_copy(update={"targets": (TargetImage(key=key),)})
            await submit(interaction, ask, wanted, typed=prompt)

        await take_up(interaction, queued, prompt)

    @imagine.autocomplete("style")
    async def suggest(
        self, interaction: discord.Interaction[DreamBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        """Styles whose names are like what is being typed."""
        return [
            app_commands.Choice(
                name=(f"{style.name} · {style.about}" if style.about else style.name)[:100], value=style.name
            )
            for style in suggest_styles(typed, self.bot.menu.styles)
        ]

    @imagine.autocomplete("preset")
    async def suggest_presets(
        self, interaction: discord.Interaction[DreamBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        """Presets of the backend that is chosen already, or of all."""
        return _choices(suggest_presets(typed, getattr(interaction.namespace, "backend", None)))

    @imagine.autocomplete("lora")
    async def suggest_loras(
        self, interaction: discord.Interaction[DreamBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        """LoRAs of the catalogue."""
        return _choices(suggest_loras(typed))

    @imagine.autocomplete("collection")
    async def suggest_collections(
        self, interaction: discord.Interaction[DreamBot], typed: str
    ) -> list[app_commands.Choice[str]]:
        """Collections that this member may use on the workers that are awake."""
        try:
            names = await self.bot.queue.collections(owner_of(interaction).id)
        except QueueAway:
            return []
        wanted = slug(typed)
        return [app_commands.Choice(name=name, value=name) for name in names if wanted in name][:25]


def _choices(found: Sequence[Suggestion]) -> list[app_commands.Choice[str]]:
    return [app_commands.Choice(name=one.about, value=one.value) for one in found]
