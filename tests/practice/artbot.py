"""A small bot on the unmodified discord.py, with one of everything an art bot uses."""

from __future__ import annotations

import asyncio
import io
import re
from typing import Any

import discord
from discord import app_commands
from PIL import Image


def picture(colour: str, size: tuple[int, int] = (64, 48)) -> bytes:
    """A PNG of one colour."""
    into = io.BytesIO()
    Image.new("RGB", size, colour).save(into, "PNG")
    return into.getvalue()


class Again(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"dream:again:(?P<job>\w+)"):
    """A button whose state is its id."""

    def __init__(self, job: str) -> None:
        super().__init__(discord.ui.Button(label="Again", custom_id=f"dream:again:{job}"))
        self.job = job

    @classmethod
    async def from_custom_id(cls, _interaction: Any, _item: Any, match: re.Match[str]) -> Again:
        return cls(match["job"])

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"again {self.job}", ephemeral=True)


class Dialog(discord.ui.Modal, title="Vary"):
    """A dialog with one field."""

    prompt: discord.ui.TextInput[Any] = discord.ui.TextInput(label="New prompt", max_length=50)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.edit_message(content=f"varied: {self.prompt.value}")


class Settings(discord.ui.Modal, title="Settings"):
    """A dialog in Discord's newer layout: labels around a menu and a text."""

    backend: discord.ui.Label[Any] = discord.ui.Label(
        text="Backend",
        description="what paints",
        component=discord.ui.Select(options=[discord.SelectOption(label=n) for n in ("vqgan", "pixels")]),
    )
    note: discord.ui.Label[Any] = discord.ui.Label(
        text="Note", component=discord.ui.TextInput(required=False, style=discord.TextStyle.paragraph)
    )

    async def on_submit(self, interaction: discord.Interaction) -> None:
        backend, note = self.backend.component, self.note.component
        await interaction.response.send_message(f"{backend.values[0]}: {note.value}")


class Panel(discord.ui.View):
    """Buttons and a menu under a picture."""

    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.add_item(Again("j1"))

    @discord.ui.button(label="Vary", style=discord.ButtonStyle.primary, custom_id="vary")
    async def vary(self, interaction: discord.Interaction, _button: Any) -> None:
        await interaction.response.send_modal(Dialog())

    @discord.ui.button(label="Stop", style=discord.ButtonStyle.danger, custom_id="stop")
    async def stop_it(self, interaction: discord.Interaction, _button: Any) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content="stopped", view=None, attachments=[])

    @discord.ui.select(
        placeholder="size",
        custom_id="size",
        options=[discord.SelectOption(label="small"), discord.SelectOption(label="large", value="512")],
    )
    async def size(self, interaction: discord.Interaction, select: Any) -> None:
        await interaction.response.send_message(f"size {select.values[0]}")


class ArtBot(discord.Client):
    """The bot. `frames` paces its edits: it paints the next frame when the test lets it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(intents=options.pop("intents", discord.Intents.default()), **options)
        self.tree = app_commands.CommandTree(self)
        self.go = asyncio.Event()
        self.go.set()
        self.resumed = asyncio.Event()
        self.heard: asyncio.Queue[discord.Message] = asyncio.Queue()
        self.errors: list[BaseException] = []
        add_commands(self)

    async def setup_hook(self) -> None:
        self.add_dynamic_items(Again)
        await self.tree.sync()

    async def before_identify_hook(self, _shard: int | None, *, initial: bool = False) -> None:
        """discord.py would wait five seconds before it identifies again."""

    async def on_resumed(self) -> None:
        self.resumed.set()

    async def on_message(self, message: discord.Message) -> None:
        if not message.author.bot:
            self.heard.put_nowait(message)


def add_commands(bot: ArtBot) -> None:
    """Register the commands."""
    tree = bot.tree

    @tree.error
    async def failed(_interaction: Any, error: app_commands.AppCommandError) -> None:
        bot.errors.append(getattr(error, "original", error))

    @tree.command(description="Paint a picture")
    async def imagine(
        interaction: discord.Interaction,
        prompt: app_commands.Range[str, 1, 100],
        style: str | None = None,
        steps: app_commands.Range[int, 1, 500] = 50,
        image: discord.Attachment | None = None,
    ) -> None:
        await interaction.response.defer()
        await bot.go.wait()
        seen = f", from {image.filename} {image.width}x{image.height}" if image else ""
        file = discord.File(io.BytesIO(picture("red")), "frame.png")
        await interaction.edit_original_response(content=f"painting {prompt}", attachments=[file])
        file = discord.File(io.BytesIO(picture("green")), "done.png")
        await interaction.edit_original_response(
            content=f"{prompt} in {style}, {steps} steps{seen}", attachments=[file], view=Panel()
        )

    @imagine.autocomplete("style")
    async def styles(_interaction: Any, typed: str) -> list[app_commands.Choice[str]]:
        names = ["watercolour", "woodcut", "pixel art"]
        return [app_commands.Choice(name=name, value=name) for name in names if typed in name]

    @tree.command(description="Say nothing for too long")
    async def sleep(interaction: discord.Interaction) -> None:
        bot.go.clear()
        await bot.go.wait()
        await interaction.response.send_message("good morning")

    @tree.command(description="For your eyes only")
    async def whisper(interaction: discord.Interaction, text: str) -> None:
        await interaction.response.send_message(text, ephemeral=True)
        await interaction.followup.send(f"{text} again", ephemeral=True)

    @tree.command(description="An embed")
    async def card(interaction: discord.Interaction, who: discord.Member) -> None:
        embed = discord.Embed(title="Card", description=f"for {who.mention}", colour=0x2ECC71)
        embed.add_field(name="joined", value="long ago")
        embed.set_image(url="attachment://card.png")
        file = discord.File(io.BytesIO(picture("blue")), "card.png")
        await interaction.response.send_message(
            f"{who.mention} @everyone",
            embed=embed,
            file=file,
            allowed_mentions=discord.AllowedMentions.none(),
        )

    @tree.command(description="A dialog")
    async def settings(interaction: discord.Interaction) -> None:
        await interaction.response.send_modal(Settings())

    queue = app_commands.Group(name="queue", description="The queue")

    @queue.command(description="Pause the queue")
    @app_commands.checks.has_permissions(manage_messages=True)
    async def pause(interaction: discord.Interaction, reason: str = "lunch") -> None:
        await interaction.response.send_message(f"paused: {reason}")

    tree.add_command(queue)

    @tree.context_menu(name="Upscale")
    async def upscale(interaction: discord.Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"upscaling {message.content}")
