"""`aliendreams bench evening`: does "starts in" hold over a simulated evening?"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--seed", "seeds", multiple=True, type=int, default=(1,), help="Which evening; repeatable.")
@click.option("--hours", default=5.0, show_default=True, help="How long members come.")
@click.option("--members", default=50, show_default=True, help="How many there are.")
@click.option("--load", default=0.7, show_default=True, help="What they ask for, of what can be painted.")
def evening(as_json: bool, seeds: Sequence[int], hours: float, members: int, load: float) -> None:
    """Play evenings on a Valkey of their own, under a virtual clock; says how far waiting times were off."""
    import asyncio

    from dreambench.evening import evening as played
    from dreamcli.embedded import embedded_valkey

    reports = []
    for seed in seeds:
        with embedded_valkey() as url:
            reports.append(asdict(asyncio.run(played(url, seed, hours, members, load))))
    click.echo(json.dumps({"evenings": reports}, indent=2) if as_json else written(reports))


def written(reports: Sequence[Mapping[str, Any]]) -> str:
    """The table as Markdown, as it stands in docs/PERFORMANCE.md."""
    lines = [
        "| seed | jobs | waited | longest wait | told at submission | told half-way | both |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {one['seed']} | {one['jobs']} | {one['submitted']['jobs']} | {one['longest'] / 60:.0f} min | "
        + " | ".join(_error(one[when]) for when in ("submitted", "halfway", "both"))
        + " |"
        for one in reports
    ]
    return "\n".join([*lines, "", "Errors: median, in brackets what nine of ten stay below."])


def _error(errors: Mapping[str, float]) -> str:
    return f"{errors['median']:.0%} ({errors['nine_of_ten']:.0%})"
