"""`aliendreams bench tricks`: what each trick does to the same pictures, on sheets and in numbers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from dreamqueue.errors import DreamError


@click.command()
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder to fill."
)
@click.option("--tricks", "names", default="", help="Only these, with commas. [default: six]")
@click.option("--subjects", default="", help="What is painted, with | between. [default: four]")
@click.option("--seeds", default=2, show_default=True, help="Pairs of each subject.")
@click.option(
    "--flags",
    default="--preset quick --size 192 --steps 80",
    show_default=True,
    help="How, in the grammar of prompts.",
)
@click.option("--judge", default="pocket-judge", show_default=True, help="The critic, which must not steer.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of a table.")
def tricks(
    output: Path, names: str, subjects: str, seeds: int, flags: str, judge: str, as_json: bool
) -> None:
    """Paint subjects with and without tricks; say how far the likeness to subject and trick rises."""
    from dreambench.machine import machine
    from dreambench.tricks import TRICKS, measure_tricks
    from dreamqueue.tricks.trials import SUBJECTS

    try:
        tested = measure_tricks(
            output,
            [name.strip() for name in names.split(",") if name.strip()] or TRICKS,
            [subject.strip() for subject in subjects.split("|") if subject.strip()] or SUBJECTS,
            seeds,
            flags,
            judge,
            tell=lambda line: click.echo(line, err=True),
        )
    except DreamError as error:
        raise click.ClickException(str(error)) from None
    facts = {
        "machine": machine(),
        "flags": flags,
        "tricks": [{"words": one.words, "sheet": one.file, **one.measured.model_dump()} for one in tested],
    }
    click.echo(json.dumps(facts, indent=2) if as_json else written(facts))


def written(facts: Mapping[str, Any]) -> str:
    """The table as Markdown, as it stands in docs/TRICKS.md."""
    machine, rows = facts["machine"], facts["tricks"]
    one = rows[0]
    how = f"{one['backend']} {one['preset']}".strip()
    lines = [
        f"{machine['processor']}, {machine['cores']} cores; {how}, {one['width']}×{one['height']}, "
        f"{one['steps']} steps; {one['subjects']} subjects × {one['seeds']} seeds; judged by {one['judge']}.",
        "",
        "| trick | towards its words | wins | towards the subject | wins |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {row['trick']} ({row['words']}) | " + " | ".join(_cells(row["style"], row["subject"])) + " |"
        for row in rows
    ]
    return "\n".join(lines)


def _cells(*lifts: Mapping[str, Any]) -> Sequence[str]:
    return [
        cell
        for lift in lifts
        for cell in (
            f"{lift['mean']:+.3f} ({lift['low']:+.3f} … {lift['high']:+.3f})",
            f"{lift['wins']} of {lift['pairs']}",
        )
    ]
