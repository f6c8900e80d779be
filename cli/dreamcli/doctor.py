"""`aliendreams doctor`: looks at every part and says what is wrong and what to do."""

from __future__ import annotations

import asyncio
import importlib.util
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal

import click
from rich.console import Console
from rich.markup import escape

from dreamcli.own_models import know_own_models
from dreamconfig.catalogue import command, models
from dreamconfig.settings import BotSettings, QueueSettings, WorkerSettings
from dreamqueue import workers
from dreamqueue.album import FolderAlbum
from dreamqueue.album_trial import try_out
from dreamqueue.client import QueueClient
from dreamqueue.errors import AlbumAway, DreamError, NoSuchAlbum, QueueAway, QueueLocked

MARKS = {"good": "[green]✔[/]", "bad": "[red]✘[/]", "warn": "[yellow]![/]"}


@dataclass(frozen=True)
class Finding:
    """One line: what was looked at, how it is, and what to do about it."""

    verdict: Literal["good", "bad", "warn"]
    part: str
    says: str


@click.command()
def doctor() -> None:
    """Check token, permissions, Redis, album, workers, torch, weights and clock; exit 1 if one is wrong."""
    console = Console()

    async def show() -> bool:
        healthy = True
        async for finding in examine():
            console.print(MARKS[finding.verdict], f"[bold]{finding.part}[/]", finding.says, highlight=False)
            healthy = healthy and finding.verdict != "bad"
        return healthy

    if not asyncio.run(show()):
        raise SystemExit(1)


async def examine() -> AsyncIterator[Finding]:
    """Every finding, as it is made."""
    queue = QueueSettings()
    async for finding in _queue(queue.model_copy(update={"album": ""})):
        yield finding
    if queue.album:
        yield await _album(queue)
    yield _torch()
    for finding in _weights():
        yield finding
    async for finding in _discord(BotSettings()):
        yield finding


async def _queue(settings: QueueSettings) -> AsyncIterator[Finding]:
    try:
        client = await QueueClient.connect(settings)
    except QueueLocked as error:
        yield Finding("bad", "redis", f"answers at DREAM_REDIS_URL, but {error.why}.")
        return
    except QueueAway:
        yield Finding(
            "bad",
            "redis",
            "does not answer at DREAM_REDIS_URL. Start it (docker compose up -d valkey) or mend the address.",
        )
        return
    try:
        info = await client.redis.info()
        yield Finding(
            "good",
            "redis",
            f"{info.get('server_name', 'redis')} {info.get('valkey_version', info['redis_version'])}",
        )
        if not int(info.get("aof_enabled", 0)):
            yield Finding(
                "warn", "redis", "does not keep its data: set appendonly yes, or a restart loses the queue."
            )
        seconds, micros = await client.redis.time()
        off = abs(time.time() - (int(seconds) + int(micros) / 1e6))
        if off > 2:
            yield Finding("bad", "clock", f"is {off:.0f} s away from Redis' clock: set both by NTP.")
        else:
            yield Finding("good", "clock", "agrees with Redis")
        cards = await workers.awake(client.redis)
        for card in cards:
            yield Finding("good", "worker", f"{card.name} paints {', '.join(card.backends)} on {card.device}")
        if not cards:
            yield Finding(
                "warn", "worker", "none is awake: run `aliendreams worker` on a machine that paints."
            )
    finally:
        await client.close()


async def _album(settings: QueueSettings) -> Finding:
    try:
        await try_out(FolderAlbum(settings.album, settings.keep_hours))
    except NoSuchAlbum as error:
        return Finding("bad", "album", str(error))
    except AlbumAway as error:
        return Finding("bad", "album", f"at DREAM_ALBUM cannot be used: {escape(error.why)}")
    return Finding("good", "album", f"{settings.album} can be written and read")


def _torch() -> Finding:
    if importlib.util.find_spec("torch") is None:
        return Finding(
            "warn", "torch", 'is not installed: fine for the bot; a worker needs pip install ".[render]".'
        )
    import torch

    if torch.cuda.is_available():
        return Finding("good", "torch", f"{torch.__version__} on {torch.cuda.get_device_name()}")
    return Finding("good", "torch", f"{torch.__version__}, no GPU: this machine paints on its CPU, slowly")


def _weights() -> list[Finding]:
    settings = WorkerSettings()
    try:
        know_own_models(settings)
    except DreamError as error:
        return [Finding("bad", "models", str(error))]
    wanted = settings.critic
    if wanted not in models():
        return [
            Finding(
                "bad", "weights", f"DREAM_CRITIC={wanted} is not in the catalogue: {', '.join(models())}."
            )
        ]
    if importlib.util.find_spec("dreamrender") is None or importlib.util.find_spec("torch") is None:
        return []
    return _models(settings)


def _models(settings: WorkerSettings) -> list[Finding]:
    from dreamrender.shelf import open_shelf, shelf

    open_shelf(settings)
    wanted, entry = settings.critic, models()[settings.critic]
    here = [name for name in models() if shelf().here(name)]
    found = [
        Finding(
            "good", "models", f"{len(here)} of {len(models())} are here: {', '.join(here)} ({shelf().folder})"
        )
    ]
    if wanted in here:
        return [Finding("good", "weights", f"{wanted} is here ({entry.licence})"), *found]
    if entry.file is not None:
        says = f"{wanted}: {entry.file} is missing; install aliendreams again."
    else:
        says = f"{wanted} is not here: run {command(wanted)}."
    return [Finding("bad", "weights", says), *found]


async def _discord(settings: BotSettings) -> AsyncIterator[Finding]:
    if not settings.discord_token.get_secret_value():
        yield Finding(
            "warn",
            "discord",
            "DREAM_DISCORD_TOKEN is not set: fine for a worker; the bot needs it (see README).",
        )
        return
    if importlib.util.find_spec("discord") is None:
        yield Finding("bad", "discord", 'discord.py is not installed: pip install ".[bot]".')
        return
    from dreambot.checkup import examine_discord
    from dreambot.stand_in import point_discord_at

    if settings.discord_url is not None:
        point_discord_at(settings.discord_url)
    async for good, says in examine_discord(settings):
        yield Finding("warn" if good is None else "good" if good else "bad", "discord", says)
