"""`aliendreams queue`: what moderators can do to the queue, for whoever runs it."""

from __future__ import annotations

import time

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dreamcli.asking import ask
from dreamcli.for_operators import told
from dreamcli.status import clock
from dreamqueue import controls, halts
from dreamqueue.client import QueueClient
from dreamqueue.controls import WHERE, Those
from dreamqueue.errors import DreamError
from dreamqueue.job import Halt, Owner
from dreamqueue.sanctions import seconds_of
from dreamqueue.views import JobSeen, Page, view

WHY = click.option("--why", default="", help="The reason, which members read.")
FOR = click.option(
    "--for", "lasting", default="", metavar="TIME", help="Such as 30m, 2h, 3d. [default: no end]"
)


@click.group()
def queue() -> None:
    """Pause, drain, clear or look into the queue at DREAM_REDIS_URL."""


@queue.command()
@click.argument("what", default="")
@WHY
@FOR
def pause(what: str, why: str, lasting: str) -> None:
    """Let workers begin no more jobs: of the whole queue, or of WHAT, a backend, lane or worker."""
    name = ask(lambda queue: _halted(queue, what, why, lasting))
    click.echo(f"paused: {halts.in_words(name)}")


@queue.command()
@click.argument("what", default="")
def resume(what: str) -> None:
    """Let WHAT go on; without it, the whole queue, which takes new jobs again."""
    lifted = ask(lambda queue: _lifted(queue, what))
    click.echo("resumed: " + ", ".join(map(halts.in_words, lifted)) if lifted else "It was not paused.")


@queue.command()
@WHY
@FOR
def drain(why: str, lasting: str) -> None:
    """Let no new jobs in; what is there is painted to its end."""
    ask(lambda queue: halts.halt(queue.store, halts.DRAIN, _me(), why, seconds_of(lasting)))
    click.echo("no new jobs are let in")


@queue.command()
@click.option("--member", help="By Discord's number.")
@click.option("--channel", help="By Discord's number.")
@click.option("--lane")
@click.option("--backend")
@click.option("--yes", is_flag=True, help="Do not ask back.")
def clear(member: str | None, channel: str | None, lane: str | None, backend: str | None, yes: bool) -> None:
    """Cancel all jobs that wait, or those of a member, channel, lane or backend."""
    those = _those(member=member, channel=channel, lane=lane, backend=backend)
    if not yes:
        count = ask(lambda queue: view(queue.store, those, most=1)).total
        click.confirm(f"Cancel what waits of {count} jobs?", abort=True)
    click.echo(f"cancelled: {len(ask(lambda queue: controls.clear(queue.store, those, _me())))}")


@queue.command()
@click.argument("job_id")
@click.option("--why", default="", help="The reason, which moderators read.")
@FOR
def hold(job_id: str, why: str, lasting: str) -> None:
    """Hold one waiting job aside; it keeps its fair place."""
    ask(lambda queue: controls.hold(queue.store, job_id, _me(), why, seconds_of(lasting)))
    click.echo("held")


@queue.command()
@click.argument("job_id")
def release(job_id: str) -> None:
    """Let a held job go on."""
    released = ask(lambda queue: controls.release(queue.store, job_id))
    click.echo("released" if released else "Nobody held it.")


@queue.command()
@click.argument("job_id")
@click.argument("where", type=click.Choice(list(WHERE)))
def move(job_id: str, where: str) -> None:
    """Move a waiting job to the front of all, before others, after them, or back."""
    ask(lambda queue: controls.move(queue.store, job_id, where))
    click.echo("moved")


@queue.command("list")
@click.option("--member", help="By Discord's number.")
@click.option("--channel", help="By Discord's number.")
@click.option("--lane")
@click.option("--backend")
@click.option("--worker")
@click.option("--first", type=click.IntRange(0), default=0, help="Leave out so many.")
@click.option("--most", type=click.IntRange(1, 500), default=50, show_default=True)
def show(first: int, most: int, **kinds: str | None) -> None:
    """Show what is halted, and the jobs that are painted and wait, in their order."""
    page, halted = ask(lambda queue: _seen(queue, _those(**kinds), first, most))
    console = Console()
    for what, halt in halted.items():
        console.print(
            Text(f"halted: {halts.in_words(what)} by {halt.by.name}{_because(halt)}", style="yellow")
        )
    console.print(_table(page))
    rest = " or more" if page.more else ""
    console.print(Text(f"{page.first + len(page.jobs)} of {page.total}{rest}"))


async def _halted(queue: QueueClient, what: str, why: str, lasting: str) -> str:
    name = await halts.name_of(queue.store, what)
    await halts.halt(queue.store, name, _me(), why, seconds_of(lasting))
    return name


async def _lifted(queue: QueueClient, what: str) -> list[str]:
    names = [await halts.name_of(queue.store, what)] if what else [halts.ALL, halts.DRAIN]
    return [name for name in names if await halts.lift(queue.store, name)]


async def _seen(queue: QueueClient, those: Those, first: int, most: int) -> tuple[Page, dict[str, Halt]]:
    return await view(queue.store, those, first, most), await halts.halts(queue.store)


def _those(**kinds: str | None) -> Those:
    given = [(kind, name) for kind, name in kinds.items() if name]
    if len(given) > 1:
        raise click.UsageError(f"Please give one of {', '.join('--' + kind for kind, _ in given)}.")
    try:
        return Those(*given[0]) if given else Those()
    except DreamError as error:
        raise click.ClickException(told(error)) from None


def _table(page: Page) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("job", "member", "backend", "state", "words", "for"):
        table.add_column(name, no_wrap=name != "words", overflow="ellipsis")
    for job in page.jobs:
        style = "yellow" if job.held else ""
        for_ = clock(max(0.0, time.time() - job.created))
        texts = (job.id, job.name, job.backend, _state(job), job.words, for_)
        table.add_row(*map(Text, texts), style=style)
    return table


def _state(job: JobSeen) -> str:
    if job.held is not None:
        return f"held by {job.held.by.name}"
    return f"{job.worker} {job.step}/{job.steps}" if job.worker else job.state


def _because(halt: Halt) -> str:
    return f" ({halt.why})" if halt.why else ""


def _me() -> Owner:
    return Owner(id="local", name="whoever runs this")
