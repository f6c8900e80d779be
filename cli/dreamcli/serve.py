"""`aliendreams bot` and `aliendreams worker`: the two processes of a deployment."""

from __future__ import annotations

import asyncio
import socket

import click

from dreamcli.for_operators import told
from dreamcli.logs import write_logs_of
from dreamconfig.concepts import read_concepts
from dreamconfig.settings import BotSettings, WorkerSettings
from dreamqueue.errors import DreamError


@click.command()
def bot() -> None:
    """Run the Discord bot (settings: DREAM_DISCORD_TOKEN, DREAM_REDIS_URL, …; see .env.example)."""
    from dreambot.app import run_bot

    settings = BotSettings()
    write_logs_of(settings, bot=socket.gethostname())
    asyncio.run(run_bot(settings))


@click.command()
@click.option("--backends", help="Backends to offer, separated by commas. [default: all]")
@click.option("--device", help="cpu, cuda, cuda:1, mps or auto.")
def worker(backends: str | None, device: str | None) -> None:
    """Run a render worker (settings: DREAM_REDIS_URL, DREAM_DEVICE, …; see .env.example)."""
    from dreamrender.worker.run import main, offered

    given = {name: value for name, value in (("backends", backends), ("device", device)) if value is not None}
    settings = WorkerSettings().model_copy(update=given)
    try:
        offered(settings.backends)
        read_concepts(settings.concepts)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    write_logs_of(settings, worker=settings.name)
    try:
        main(settings)
    except DreamError as error:
        raise click.ClickException(told(error)) from None
