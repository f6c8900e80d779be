"""`aliendreams bench chaos`: does the queue keep its promises while everything is killed, cut and filled?"""

from __future__ import annotations

import asyncio
import json
import tempfile
from pathlib import Path

import click


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="For how long members ask and faults come.")
@click.option("--seed", default=1, show_default=True, help="Draws the faults and what members do.")
@click.option("--every", default=12.0, show_default=True, help="Seconds between two faults, on average.")
@click.option("--asks", default=1.0, show_default=True, help="Asks a second.")
@click.option("--workers", default=3, show_default=True, help="Worker processes.")
@click.option("--kinds", default="", help="Only these faults, with commas. [default: all but `empty valkey`]")
@click.option("--logs", type=click.Path(file_okay=False, path_type=Path), help="Where the logs are kept.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.pass_context
def chaos(
    context: click.Context,
    minutes: float,
    seed: int,
    every: float,
    asks: float,
    workers: int,
    kinds: str,
    logs: Path | None,
    as_json: bool,
) -> None:
    """Run bot, workers and Valkey as processes, kill them by a seeded schedule, and count what was lost.

    The exit status is 1 if a job was lost or ended twice, a member was misled, or a slot is still held.
    """
    from dreambench.chaos.report import written
    from dreambench.chaos.run import Plan, run
    from dreambench.chaos.schedule import KINDS

    chosen = tuple(kind.strip() for kind in kinds.split(",") if kind.strip()) or Plan.kinds
    if unknown := sorted(set(chosen) - set(KINDS)):
        raise click.BadParameter(f"{', '.join(unknown)}: there are {', '.join(KINDS)}")
    plan = Plan(
        seconds=60 * minutes, seed=seed, every=every, asks_a_second=asks, workers=workers, kinds=chosen
    )

    def say(line: str) -> None:
        if not as_json:
            click.echo(line, err=True)

    with tempfile.TemporaryDirectory(prefix="aliendreams-") as temporary:
        folder = logs or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        report = asyncio.run(run(plan, folder.resolve(), say))
    click.echo(json.dumps(report.facts(), indent=2) if as_json else written(report))
    context.exit(0 if report.sound else 1)
