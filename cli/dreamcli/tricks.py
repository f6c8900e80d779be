"""`aliendreams tricks`: the community's tricks on the command line, and as files."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from dreamcli.asking import ask
from dreamcli.for_operators import told
from dreamqueue.errors import DreamError, QueueAway
from dreamqueue.tricks import Trick, TrickStore, read_tricks, write_tricks
from dreamqueue.tricks.files import KINDS, check_size

Answer = TypeVar("Answer")


@click.group()
def tricks() -> None:
    """List, import and export the tricks of the queue at DREAM_REDIS_URL."""


@tricks.command(name="list")
@click.option("--tag", help="Only those with this tag.")
@click.option("--hidden", is_flag=True, help="Those that moderators have hidden, too.")
def list_tricks(tag: str | None, hidden: bool) -> None:
    """Say which there are: votes, uses, and what each adds."""
    for trick in _ask(lambda store: store.all()).values():
        if trick.state == "merged" or (trick.state == "hidden" and not hidden):
            continue
        if tag is None or tag in trick.tags:
            state = " (hidden)" if trick.state == "hidden" else ""
            click.echo(
                f"--{trick.name}{state}  +{trick.up} -{trick.down}  {trick.uses} painted  {trick.text}"
            )


@tricks.command(name="export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export_tricks(file: Path) -> None:
    """Write them to FILE: .toml (ours), .csv (A1111) or .json (Fooocus)."""
    kind = file.suffix.removeprefix(".").casefold()
    if kind not in KINDS:
        raise click.ClickException(f"{file}: the name has to end with .{', .'.join(KINDS)}.")
    data, lost = write_tricks(kind, _ask(lambda store: store.all()).values())
    try:
        file.write_bytes(data)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}.") from error
    for loss in lost:
        click.echo(loss, err=True)


@tricks.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_tricks(file: Path) -> None:
    """Share the tricks of FILE as nobody's own; what was not understood is said line by line."""
    try:
        check_size(file.stat().st_size)
        read = read_tricks(file.name, file.read_bytes())
    except DreamError as error:
        raise click.ClickException(told(error)) from None
    taken, refused = _ask(lambda store: _put_all(store, read.tricks))
    for loss in (*read.losses, *refused):
        click.echo(loss, err=True)
    click.echo(f"{len(taken)} taken: {', '.join(trick.name for trick in taken)}" if taken else "none taken")


async def _put_all(store: TrickStore, found: tuple[Trick, ...]) -> tuple[list[Trick], list[str]]:
    taken, refused = list[Trick](), list[str]()
    for trick in found:
        try:
            taken.append(await store.put(trick))
        except QueueAway:
            raise
        except DreamError as error:
            refused.append(f"{trick.name}: {error}")
    return taken, refused


def _ask(question: Callable[[TrickStore], Awaitable[Answer]]) -> Answer:
    return ask(lambda queue: question(TrickStore(queue.redis)))
