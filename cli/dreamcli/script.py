"""The short conversation that `practice` plays: a member asks, the picture forms, somebody is corrected."""

from __future__ import annotations

import asyncio
import time
from contextlib import nullcontext
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from dreamcli.terminal import half_blocks
from dreampractice import Person, PracticeDiscord
from dreampractice.messages import Message

SEED = 3
"""So that the demo paints the same picture each time (on the same machine)."""
PATIENCE = 600.0
"""Seconds until the demo gives up waiting for its picture."""


class DemoFailed(Exception):
    """The conversation did not go as it should."""


async def play(discord: PracticeDiscord, console: Console, out: Path, prompt: str) -> None:
    """Play it; leaves picture, animation and transcript in `out`."""
    ada = discord.person("ada")
    console.print(f"\n[bold]ada[/] in #art: [cyan]/imagine[/] {prompt}   [dim]seed: {SEED}[/]")
    began = time.monotonic()
    asked = await ada.slash("imagine", channel="art", prompt=prompt, seed=SEED)
    message = asked.reply
    if asked.failed or message is None:
        raise DemoFailed(asked.failed or "the bot did not answer")
    await _watch(ada, message, console)
    took = time.monotonic() - began
    picture, animation = _files(message)
    for name, data in (("picture.png", picture), ("animation.gif", animation)):
        (out / name).write_bytes(data)
    edits = len(message.history) - 1
    console.print(f"\n{edits} edits of one message, {took:.0f} s from the command to the picture")
    await _be_corrected(discord.person("bo"), console)
    (out / "transcript.md").write_text(_transcript(discord, ada), "utf-8")
    console.print(f"In {out}: picture.png, animation.gif, transcript.md")


async def _watch(ada: Person, message: Message, console: Console) -> None:
    def ended(seen: Message) -> bool:
        return seen is message and any(button.label == "Again" for button in seen.buttons)

    over = asyncio.create_task(ada.wait_for(ended, timeout=PATIENCE))
    shown = 0
    with Live(console=console, auto_refresh=False) if console.is_terminal else nullcontext() as live:
        while not over.done() or shown < len(message.history):
            if shown == len(message.history):
                await asyncio.wait({over}, timeout=0.1)
                continue
            shown = len(message.history)
            version = message.history[-1]
            if live is None:
                console.print(Text(" ".join(version.content.split("\n")[1:2]) or "thinking …"))
                continue
            pictures = [file.content for file in version.attachments if _is_picture(file.filename)]
            live.update(Group(*map(half_blocks, pictures[:1]), Text(version.content)), refresh=True)
    await over


def _is_picture(name: str) -> bool:
    return name.endswith((".png", ".jpg", ".webp"))


def _files(message: Message) -> tuple[bytes, bytes]:
    files = {file.filename.rpartition(".")[2]: file.content for file in message.attachments}
    if "png" not in files or "gif" not in files:
        raise DemoFailed(f"no picture came; the reply says:\n{message.content}")
    return files["png"], files["gif"]


async def _be_corrected(bo: Person, console: Console) -> None:
    words = "a hut in a blizzard --sede 7"
    console.print(f"\n[bold]bo[/] in #art: [cyan]/imagine[/] {words}")
    asked = await bo.slash("imagine", channel="art", prompt=words)
    if asked.failed or asked.reply is None:
        raise DemoFailed(asked.failed or "the bot did not answer")
    console.print(Text(f"  only bo sees: {asked.reply.text}"))


def _transcript(discord: PracticeDiscord, ada: Person) -> str:
    lines = ["# #art", ""]
    for message in discord.world.channel("art").messages.values():
        who = "" if message.only_for is None else f" (only {message.only_for.display} sees this)"
        for version in message.history:
            files = " ".join(f"[{file.filename}]" for file in version.attachments)
            stamp = time.strftime("%H:%M:%S", time.localtime(version.at))
            lines.append(f"- {stamp} **{message.author.display}**{who}: {version.content} {files}".rstrip())
    return "\n".join(line.replace("\n", "\n  ") for line in lines) + "\n"
