"""`aliendreams practice`: all parts at once on this machine, with a Discord of our own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import click
from pydantic import SecretStr
from rich.console import Console

from dreamcli.embedded import embedded_valkey
from dreamcli.parts import Part, PartDied, running
from dreamcli.script import play
from dreamconfig.settings import QueueSettings
from dreampractice import PracticeDiscord
from dreamqueue import workers
from dreamqueue.client import QueueClient

READY_WITHIN = 120.0
"""Seconds that bot and worker may take to be ready."""

RIGHTS = """# Who moderates the practice server, see docs/OPERATIONS.md.
[moderators]
roles = ["moderator"]
panel = "mods"
audit = "mods"
"""

PROMPT = "a snowy mountain --backend vqgan --steps 60"


@click.command()
@click.option("--once", is_flag=True, help="Play the conversation and exit (so it does without a terminal).")
@click.option("--port", default=8421, show_default=True, help="Port of the page; 0 for any free one.")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("var/demo"))
@click.option("--prompt", default=PROMPT, show_default=True, help="What Ada asks for.")
def practice(once: bool, port: int, out: Path, prompt: str) -> None:
    """Run everything on this machine: Valkey, a worker, the bot, and a Discord with a chat page.

    A member asks for a picture first; then the page is served until Ctrl-C. Nothing leaves this machine.
    """
    once = once or not sys.stdout.isatty()
    out.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(_practice(Console(), once, port, out.resolve(), prompt))
    except PartDied as died:
        raise click.ClickException(str(died)) from None
    except TimeoutError:
        raise click.ClickException(f"The parts were not ready in time; see the logs in {out}.") from None
    except OSError as error:
        raise click.ClickException(f"{error.strerror or error} (another port: --port 0)") from None


async def _practice(console: Console, once: bool, port: int, out: Path, prompt: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        console.print("Starting Valkey, a worker, the bot and a Discord of our own …")
        discord, parts = await stack.enter_async_context(_house(port, out))
        guard = asyncio.create_task(_guard(parts))
        playing = asyncio.create_task(play(discord, console, out, prompt))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({guard, playing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if guard.done():
                guard.result()
            if playing.done():
                playing.result()
            console.print(f"\nThe page: [bold]{discord.url}/[/]   (type /imagine, as Ada, Bo or Mo)")
            if not once and not stop.is_set():
                console.print("Ctrl-C ends it.")
                await asyncio.wait({guard, stopping}, return_when=asyncio.FIRST_COMPLETED)
                if guard.done():
                    guard.result()
        finally:
            for task in (guard, playing, stopping):
                task.cancel()
            await asyncio.gather(guard, playing, stopping, return_exceptions=True)


@contextlib.asynccontextmanager
async def _house(port: int, out: Path) -> AsyncIterator[tuple[PracticeDiscord, list[Part]]]:
    async with contextlib.AsyncExitStack() as stack:
        redis_url = stack.enter_context(embedded_valkey())
        discord = await stack.enter_async_context(PracticeDiscord(port=port))
        queue = {"DREAM_REDIS_URL": redis_url}
        bot = {
            "DREAM_DISCORD_TOKEN": discord.token,
            "DREAM_DISCORD_URL": discord.url,
            "DREAM_GUILD": discord.world.guild_id,
            "DREAM_RIGHTS": os.environ.get("DREAM_RIGHTS") or str(_rights(out)),
        }
        no_token = {**queue, "DREAM_DISCORD_TOKEN": "", "DREAM_WORKER_NAME": "practice"}
        parts = [
            stack.enter_context(running("worker", no_token, out)),
            stack.enter_context(running("bot", {**queue, **bot}, out)),
        ]
        async with asyncio.timeout(READY_WITHIN):
            await _ready(discord, redis_url, parts)
        yield discord, parts


def _rights(out: Path) -> Path:
    """Whoever moderates here, and where they hear of it."""
    file = out / "rights.toml"
    file.write_text(RIGHTS, "utf-8")
    return file


async def _ready(discord: PracticeDiscord, redis_url: str, parts: list[Part]) -> None:
    client = await QueueClient.connect(QueueSettings(redis_url=SecretStr(redis_url)))
    try:
        ada = discord.person("ada")
        while not await workers.awake(client.redis) or not ada.commands("art"):
            for part in parts:
                part.check()
            await asyncio.sleep(0.1)
    finally:
        await client.close()


async def _guard(parts: list[Part]) -> None:
    while True:
        for part in parts:
            part.check()
        await asyncio.sleep(0.5)
