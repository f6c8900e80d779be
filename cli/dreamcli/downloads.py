"""Progress bars of downloads, on stderr."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from dreamconfig.catalogue import FileEntry


@contextlib.contextmanager
def shown() -> Iterator[Callable[[FileEntry], Callable[[int, int | None], None]]]:
    """While the block runs, a bar for each file that is told of."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:

        def say(file: FileEntry) -> Callable[[int, int | None], None]:
            bar = progress.add_task(file.name, total=None)
            return lambda here, whole: progress.update(bar, completed=here, total=whole)

        yield say
