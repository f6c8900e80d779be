"""`aliendreams recipe`: read a picture's recipe back."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from dreamqueue.errors import DreamError
from dreamqueue.grid import Cell, cells
from dreamqueue.png import read_recipe
from dreamqueue.prompt import render
from dreamqueue.recipe import Recipe


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
    if found.variants:
        click.echo("It shows several pictures, which no one prompt can say. Each for itself:", err=True)
    for number, cell in enumerate(cells(found) if found.variants else [Cell("", found)], 1):
        file_again = f"again-{number}.png" if found.variants else "again.png"
        click.echo(shlex.join(_command(cell.recipe, file_again)))
    if found.legs:
        click.echo(
            "It was made longer on its way, which a prompt cannot say: this paints one like it.",
            err=True,
        )


def _command(found: Recipe, output: str) -> list[str]:
    command = ["aliendreams", "imagine", "-o", output]
    if found.image is not None:
        command += ["--image", "INITIAL-PICTURE"]
    for target in found.targets:
        command += ["--target", f"TARGET-PICTURE:{target.weight:g}"]
    return [*command, "--", render(found)]
