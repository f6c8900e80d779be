"""`aliendreams bench queue`: what coming in and being taken cost, by how many wait, and what a crowd gets."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from dreamcli.embedded import embedded_valkey


@click.command()
@click.option("--most", default=100_000, show_default=True, help="Jobs that wait in the last row.")
@click.option("--repeats", default=200, show_default=True, help="Submissions and picks timed in each row.")
@click.option("--submits", default=10_000, show_default=True, help="Submissions at once by one client.")
@click.option("--asks", default=1000, show_default=True, help="Asks at once through the bot; 0: none.")
@click.option("--small", is_flag=True, help="Few jobs: says that it works, not how fast.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def queue(most: int, repeats: int, submits: int, asks: int, small: bool, as_json: bool) -> None:
    """Time submissions and picks with 100 … 100,000 jobs waiting, and thousands of asks at once."""
    from dreambench import queue_flood, queue_scale
    from dreambench.machine import machine

    def say(line: str) -> None:
        click.echo(line, err=True)

    if small:
        most, repeats, submits, asks = 200, 3, 60, min(asks, 20)
    counts = [count for count in (100, 1000, 10_000, 100_000, 1_000_000) if count < most] + [most]
    with embedded_valkey() as url:
        rows = asyncio.run(queue_scale.depths(url, counts, repeats, say))
    floods = []
    for limit in (submits // 20, 2 * submits):
        say(f"{submits:,} submissions at once, {limit:,} may wait")
        with embedded_valkey() as url:
            floods.append(asyncio.run(queue_flood.submits(url, submits, limit)))
    crowds = []
    for limit in (asks // 20, 2 * asks) if asks else ():
        say(f"{asks:,} asks at once through the bot, {limit:,} may wait")
        with tempfile.TemporaryDirectory(prefix="aliendreams-") as folder:
            crowds.append(asyncio.run(queue_flood.crowd(Path(folder), asks, limit)))
    facts = {
        "machine": machine(),
        "depths": [asdict(row) for row in rows],
        "submits": [asdict(flood) for flood in floods],
        "asks": [asdict(crowd) for crowd in crowds],
    }
    click.echo(json.dumps(facts, indent=2) if as_json else written(facts))


def written(facts: Mapping[str, Any]) -> str:
    """The tables as Markdown, as they stand in docs/PERFORMANCE.md."""
    machine = facts["machine"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores; Python {machine['python']}, {machine['system']}.",
        "",
        *_table(
            ("jobs waiting", "a submission", "of the first row's", "a pick", "of the first row's", "memory"),
            [
                (
                    f"{row['waiting']:,}",
                    f"{row['submit']:,.0f} µs",
                    f"{row['submit_share']:.2f}×",
                    f"{row['pick']:,.0f} µs",
                    f"{row['pick_share']:.2f}×",
                    f"{row['bytes_a_job'] / 1000:.1f} kB a job",
                )
                for row in facts["depths"]
            ],
        ),
        "",
        *_floods("submissions at once, one client", facts["submits"]),
    ]
    if facts["asks"]:
        lines += ["", *_floods("asks at once, through the bot", facts["asks"])]
    return "\n".join(lines)


def _floods(name: str, floods: Sequence[Mapping[str, Any]]) -> list[str]:
    return _table(
        (name, "may wait", "answers", "median", "worst", "most memory"),
        [
            (
                f"{flood['asks']:,}",
                f"{flood['limit']:,}",
                ", ".join(f"{count:,} {kind}" for kind, count in flood["answers"].items()),
                f"{flood['median']:.2f} s",
                f"{flood['worst']:.2f} s",
                ", ".join(f"{name} {size:.0f} MB" for name, size in flood["megabytes"].items()),
            )
            for flood in floods
        ],
    )


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [names, ["---"] * len(names), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]
