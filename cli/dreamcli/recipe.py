"""`aliendreams recipe`: read a picture's recipe back."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from dreamqueue.errors import DreamError
from dreamqueue.png import read_recipe
from dreamqueue.prompt import render


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the whole recipe as JSON.")
def recipe(file: Path, as_json: bool) -> None:
    """Print the command that paints FILE again: same recipe, same machine, same pixels."""
    try:
        found = read_recipe(file.read_bytes())
    except DreamError as error:
        raise click.ClickException(str(error)) from None
    if as_json:
        click.echo(found.model_dump_json(indent=2))
        return
    command = ["aliendreams", "imagine", "-o", "again.png"]
    if found.image is not None:
        command += ["--image", "INITIAL-PICTURE"]
    for target in found.targets:
        command += ["--target", f"TARGET-PICTURE:{target.weight:g}"]
    command += ["--", render(found)]
    click.echo(shlex.join(command))
    if found.legs:
        click.echo(
            "It was made longer on its way, which a prompt cannot say: this paints one like it.",
            err=True,
        )
