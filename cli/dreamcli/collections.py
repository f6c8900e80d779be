"""`aliendreams collections`: the pictures that members may paint by, and looking at them ahead."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from dreamconfig.settings import WorkerSettings
from dreamqueue.collection import unknown
from dreamqueue.errors import DreamError

if TYPE_CHECKING:
    from dreamrender.collection.shelf import PictureFolder, Shelf
    from dreamrender.critics import Critic


@click.group()
def collections() -> None:
    """Folders of pictures that guide paintings (the folder DREAM_COLLECTIONS; docs/COLLECTIONS.md)."""


@collections.command("list")
def list_collections() -> None:
    """Say which there are, whose, with which folders, and how many pictures each has."""
    from dreamrender.collection.pictures import pictures_in

    shelf = _shelf()
    table = Table("name", "for", "pictures", "folders")
    for found in shelf.all():
        pictures = pictures_in(found.path)
        folders = sorted({picture.folder for picture in pictures} - {""})
        whose = "everybody" if found.member is None else f"member {found.member}"
        table.add_row(found.name, whose, f"{len(pictures):,}", ", ".join(folders) or "-")
    Console().print(table)


@collections.command("index")
@click.argument("name", required=False)
@click.option("--critic", help="Who looks, by name; several with commas. [default: DREAM_CRITIC]")
@click.option("--device", help="cpu, cuda, cuda:1, mps or auto. [default: DREAM_DEVICE]")
def index_collections(name: str | None, critic: str | None, device: str | None) -> None:
    """Look at the pictures of NAME (or of all; `@123/harbours` for a member's) so that no painting waits.

    What a critic sees is kept beside the pictures; only new and changed ones are looked at again.
    """
    from dreamrender.critics.loading import load_critic
    from dreamrender.holding import holding
    from dreamrender.worker.run import pick_device

    settings, shelf = WorkerSettings(), _shelf()
    where = pick_device(device or settings.device)
    found = [one for one in shelf.all() if name in (None, one.label)]
    try:
        if name is not None and not found:
            raise unknown("collection", name, [one.label for one in shelf.all()])
        with holding("the index"):  # to the end of this process
            critics = [load_critic(one.strip(), where) for one in (critic or settings.critic).split(",")]
    except DreamError as error:
        raise click.ClickException(str(error)) from None
    for folder in found:
        for eye in critics:
            _look(folder, eye, where)


def _look(folder: PictureFolder, critic: Critic, device: str) -> None:
    from dreamrender.collection.index import index

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with _named_below(), Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task(f"{folder.label} · {critic.name}", total=None)
        found = index(
            folder.path,
            critic,
            device,
            progress=lambda done, of: progress.update(bar, completed=done, total=of),
        )
        seen = len(found.pictures)
        progress.update(bar, completed=seen, total=seen)
    click.echo(f"{folder.label}: {critic.name} knows {seen:,} pictures.")
    for picture in found.damaged:
        click.echo(f"  left out, because it cannot be read: {picture.shown}")


@contextlib.contextmanager
def _named_below() -> Iterator[None]:
    """Inside, the log does not say what cannot be read: the command does, after the bar."""
    log = logging.getLogger("dreamrender.collection")
    before = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(before)


def _shelf() -> Shelf:
    from dreamrender.collection.shelf import Shelf

    path = WorkerSettings().collections
    if path is None:
        raise click.ClickException("Set DREAM_COLLECTIONS to the folder in which the collections lie.")
    if not Path(path).is_dir():
        raise click.ClickException(f"There is no folder {path} (DREAM_COLLECTIONS).")
    return Shelf(path)
