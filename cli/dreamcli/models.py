"""`aliendreams models`: what the catalogue names, and fetching what is not in the package."""

from __future__ import annotations

import click
from rich.console import Console
from rich.table import Table

from dreamconfig.catalogue import ModelEntry
from dreamconfig.catalogue import models as catalogue
from dreamqueue.errors import DreamError


@click.group()
def models() -> None:
    """The checkpoints of the catalogue (config/dreamconfig/models.toml)."""


@models.command("list")
def list_models() -> None:
    """Say which there are, on which terms, and which are on this machine."""
    table = Table("name", "what", "licence", "MB", "here")
    for name, entry in catalogue().items():
        here = "yes" if _is_here(name, entry) else "no"
        table.add_row(name, entry.title, entry.licence, f"{entry.megabytes:g}", here)
    Console().print(table)


@models.command()
@click.argument("name")
def fetch(name: str) -> None:
    """Fetch a critic's weights from where open_clip has them, and load it once to see that it works."""
    from dreamrender.critics.loading import load_critic

    try:
        critic = load_critic(name, download=True)
    except DreamError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{name} is here: it looks at {critic.image_size} px and reads {critic.max_tokens} tokens.")


def _is_here(name: str, entry: ModelEntry) -> bool:
    if entry.kind == "pocket":
        return True
    from dreamrender.critics.open_clip import find_weights

    return (
        entry.architecture is not None
        and find_weights(entry.architecture, entry.pretrained or "") is not None
    )
