"""`aliendreams bench gallery`: what every backend makes of the same prompts, on one sheet."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from dreamconfig.catalogue import backends


@click.command()
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to fill."
)
@click.option("--backends", "names", default="", help="Only these, with commas. [default: all]")
@click.option("--size", default=256, show_default=True, help="Side of the pictures in pixels.")
@click.option("--share", default=1.0, show_default=True, help="Share of each backend's usual steps.")
@click.option("--seed", default=7, show_default=True)
@click.option("--critic", default="pocket", show_default=True, help="The critic that steers.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
def gallery(output: Path, names: str, size: int, share: float, seed: int, critic: str, as_json: bool) -> None:
    """Paint four prompts with every backend: a PNG each, and sheet.png with all of them.

    Backends whose weights are not here paint with small random ones, and their labels say so.
    """
    from dreambench.gallery import paint_gallery

    chosen = [name.strip() for name in names.split(",") if name.strip()] or list(backends())
    if unknown := sorted(set(chosen) - set(backends())):
        raise click.BadParameter(f"{', '.join(unknown)}: there are {', '.join(backends())}")
    hung = paint_gallery(
        output,
        chosen,
        side=size,
        share=share,
        seed=seed,
        critic=critic,
        tell=lambda one: (
            None
            if as_json
            else click.echo(f"{one.file}: {one.weights}, judged {one.judged:.3f}, {one.seconds:.0f} s")
        ),
    )
    if as_json:
        click.echo(json.dumps([asdict(one) for one in hung], indent=2))
    else:
        click.echo(f"{output / 'sheet.png'}")
