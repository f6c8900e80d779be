"""`aliendreams bench bot`: does the bot keep its word while 200 jobs are painted?"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
@click.option("--jobs", default=200, show_default=True, help="Jobs that are painted at the same time.")
@click.option("--channels", default=20, show_default=True, help="Channels that they were asked for in.")
@click.option("--seconds", default=60.0, show_default=True, help="Of each half; the bot restarts between.")
@click.option("--acts", default=3.0, show_default=True, help="What people do meanwhile, a second.")
@click.option("--seed", default=1, show_default=True, help="What they do.")
@click.option("--logs", type=click.Path(file_okay=False, path_type=Path), help="Folder for the bot's log.")
def bot(
    as_json: bool, jobs: int, channels: int, seconds: float, acts: float, seed: int, logs: Path | None
) -> None:
    """Run the bot on a practice Discord with many jobs under way: answers, edits, 429s, processor, memory."""
    import asyncio
    import tempfile

    from dreambench.bot_bench import BotPlan, measure
    from dreambench.machine import machine

    plan = BotPlan(jobs=jobs, channels=channels, seconds=seconds, acts_a_second=acts, seed=seed)
    with tempfile.TemporaryDirectory(prefix="aliendreams-") as own:
        folder = Path(own)
        if logs is not None:
            logs.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="bot-", dir=logs))
        report = asyncio.run(measure(plan, folder, lambda line: click.echo(line, err=True)))
    facts = {"machine": machine(), **asdict(report)}
    click.echo(json.dumps(facts, indent=2) if as_json else written(facts))


def written(facts: Mapping[str, Any]) -> str:
    """The table as Markdown, as it stands in docs/PERFORMANCE.md."""
    lines = [
        f"{facts['jobs']} jobs in {facts['channels']} channels, asked for within "
        f"{facts['asking_seconds']:.1f} s (first answers p99 {facts['asking_p99']:.2f} s)",
        "",
        "| edits with the token of | first answer p50 | p99 | slowest | unanswered | 429s | edits a second "
        "| frames | longest without a fresh one | bot: of a core | memory |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {half['tokens']} | {half['p50']:.3f} s | {half['p99']:.3f} s | {half['slowest']:.3f} s | "
        f"{half['unanswered']} of {half['acts']} | {half['refused']} | {half['edits_a_second']:.1f} | "
        f"{half['frames_a_second']:.1f} | "
        f"{half['stalest']:.1f} s | {half['cpu']:.0%} | {half['megabytes']:.0f} MB |"
        for half in facts["halves"]
    ]
    return "\n".join(lines)
