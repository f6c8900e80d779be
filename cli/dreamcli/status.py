"""`aliendreams status`: the queue, its workers and what they paint, live or once."""

from __future__ import annotations

import asyncio
import sys

import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from dreamcli.for_operators import told
from dreamconfig.settings import QueueSettings
from dreamqueue.client import QueueClient
from dreamqueue.errors import DreamError, QueueAway
from dreamqueue.halts import in_words
from dreamqueue.overview import Overview, look
from dreamqueue.store import queue_at_hand

EVERY = 1.0
"""Seconds between two looks."""


@click.command()
@click.option("--once", is_flag=True, help="Print it once (so it does without a terminal).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(once: bool, as_json: bool) -> None:
    """Show workers, lanes, what is being painted and how jobs end, live until Ctrl-C."""
    try:
        asyncio.run(_status(once or not sys.stdout.isatty(), as_json))
    except DreamError as error:
        raise click.ClickException(told(error)) from None
    except KeyboardInterrupt:
        pass


async def _status(once: bool, as_json: bool) -> None:
    client = await QueueClient.connect(QueueSettings())
    console = Console()
    try:
        seen = await _look(client)
        if as_json:
            click.echo(seen.model_dump_json())
        elif once:
            console.print(picture(seen))
        else:
            await _live(client, console, seen)
    finally:
        await client.close()


async def _live(client: QueueClient, console: Console, seen: Overview) -> None:
    with Live(picture(seen), console=console, auto_refresh=False) as live:
        while True:
            await asyncio.sleep(EVERY)
            try:
                live.update(picture(await _look(client)), refresh=True)
            except QueueAway as away:
                live.update(Text(told(away), style="red"), refresh=True)


async def _look(client: QueueClient) -> Overview:
    async with queue_at_hand():
        return await look(client.store)


def picture(seen: Overview) -> RenderableType:
    """All of it, for a terminal of 80 columns or more."""
    halts = [_halts(seen)] if seen.halts else []
    return Group(*halts, _workers(seen), _lanes(seen), _painting(seen), _totals(seen))


def _halts(seen: Overview) -> RenderableType:
    table = _table("halted", "by", "why", right=("for", "still"))
    for what, halt in seen.halts.items():
        still = "" if halt.until is None else clock(max(0.0, halt.until - seen.when))
        texts = (in_words(what).replace("`", ""), halt.by.name, halt.why)
        table.add_row(*map(_line, texts), clock(max(0.0, seen.when - halt.since)), still, style="yellow")
    return table


def _workers(seen: Overview) -> RenderableType:
    if not seen.workers:
        return Text("No worker is awake.", style="red")
    table = _table("worker", "mode", "on", "paints", "loaded", right=("jobs", "pace", "ended", "awake"))
    for card in seen.workers:
        awake = clock(max(0.0, seen.when - card.since)) if card.since else ""
        numbers = (f"{len(card.painting)}/{card.slots}", f"{card.pace:.2g}", str(card.ended), awake)
        loaded = ", ".join(card.loaded)
        texts = (card.name, card.mode, card.device, ", ".join(card.backends), loaded)
        table.add_row(*map(_line, texts), *numbers)
    return table


def _lanes(seen: Overview) -> RenderableType:
    table = _table("lane", "needs", right=("can", "waiting", "painting", "oldest"))
    for lane in seen.lanes:
        oldest = "" if lane.oldest is None else clock(lane.oldest)
        style = "red" if lane.waiting and not lane.workers else ""
        table.add_row(
            _line(lane.name),
            _line(lane.needs),
            str(lane.workers),
            str(lane.waiting),
            str(lane.painting),
            oldest,
            style=style,
        )
    return table


def _painting(seen: Overview) -> RenderableType:
    if not seen.painting:
        return Text("Nothing is being painted.")
    table = _table("job", "member", "backend", "worker", right=("step", "for"))
    for job in seen.painting:
        steps = f"{job.step}/{job.steps}"
        table.add_row(*map(_line, (job.id, job.member, job.backend, job.worker)), steps, clock(job.seconds))
    return table


def _totals(seen: Overview) -> RenderableType:
    used, limit = (f"{size / 2**20:.0f} MiB" for size in (seen.memory.used, seen.memory.limit))
    memory = f"{used} of {limit}" if seen.memory.limit else used
    held = f" ({seen.aside} held by moderators)" if seen.aside else ""
    return Text(
        f"{seen.waiting} waiting{held}, {len(seen.painting)} being painted\n"
        f"ended in the last minute: {_kinds(seen.minute)}; in the last hour: {_kinds(seen.hour)}\n"
        f"memory of Redis: {memory}"
    )


def _kinds(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items())) or "none"


def _table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", expand=False)
    for name in columns:
        table.add_column(name)  # the widest of these give way where there is too little room, numbers do not
    for name in right:
        table.add_column(name, justify="right", no_wrap=True)
    return table


def _line(text: str) -> Text:
    return Text(text, no_wrap=True, overflow="ellipsis")


def clock(seconds: float) -> str:
    """Seconds as people say them: 42 s, 3:05, 2:03:05."""
    whole = round(seconds)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}" if minutes else f"{rest} s"
