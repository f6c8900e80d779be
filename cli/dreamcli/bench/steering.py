"""`aliendreams bench steering`: the product's steps beside the plain loop of 2021, in one run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("--steps", default=4, show_default=True, help="Steps of each loop that are timed.")
@click.option("--size", default=256, show_default=True, help="Side of the picture in pixels.")
@click.option("--cuts", default=32, show_default=True, help="Cutouts a step.")
@click.option("--threads", default=0, help="Threads to use; 0: as many as there are cores.")
@click.option("--race-size", default=192, show_default=True, help="Side of the raced pictures.")
@click.option("--race-steps", default=0, help="Steps of ours in the race; 0: as many as the preset needs.")
@click.option("--plain-steps", default=300, show_default=True, help="Steps of the plain loop; 0: no race.")
@click.option("--plain-cuts", default=32, show_default=True, help="Cutouts of the plain loop in the race.")
@click.option("--judge", default="pocket-judge", show_default=True, help="A critic that does not steer.")
@click.option("--small", is_flag=True, help="Tiny networks: says that it works, not how fast.")
def steering(
    as_json: bool,
    steps: int,
    size: int,
    cuts: int,
    threads: int,
    race_size: int,
    race_steps: int,
    plain_steps: int,
    plain_cuts: int,
    judge: str,
    small: bool,
) -> None:
    """Compare speed, gradients and memory with the plain loop; true architectures, random weights.

    Then a race with the pocket models: how soon ours has the score of the plain loop's last step.
    """
    import torch

    from dreambench.gpu import paces
    from dreambench.less_work import races
    from dreambench.machine import machine
    from dreambench.steering import compared

    if threads:
        torch.set_num_threads(threads)

    def say(line: str) -> None:
        click.echo(line, err=True)

    table = compared(size, cuts, steps, small=small, say=say)
    raced = (
        races(race_size, plain_steps, race_steps, judge, plain_cuts=plain_cuts, say=say)
        if plain_steps
        else []
    )
    facts = {
        "machine": machine(),
        "steering": asdict(table),
        "race": [
            {
                **asdict(race),
                "time": race.share,
                "reached": race.reached,
                "judge": judge,
                "plain_cuts": plain_cuts,
            }
            for race in raced
        ],
        "gpu": [asdict(pace) for pace in paces(cuts, max(steps, 20), say=say)],
    }
    click.echo(json.dumps(facts, indent=2) if as_json else written(facts))


def written(facts: Mapping[str, Any]) -> str:
    """The tables as Markdown, as they stand in docs/PERFORMANCE.md."""
    machine, table = facts["machine"], facts["steering"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, {machine['threads']} threads, bfloat16: "
        f"{machine['bfloat16']}; torch {machine['torch']}, {machine['system']}.",
        "",
        f"{table['size']}², {table['cuts']} cutouts, medians of {table['steps']} steps. Two draws of the "
        f"plain loop's cutouts: cosine {table['draws_cosine']:.2f}.",
        "",
    ]
    lines += _table(
        ("precision", "plain step", "our step", "faster", "same cutouts", "cosine", "pooled", "peak memory"),
        [
            (
                row["precision"],
                f"{row['plain_seconds']:.2f} s",
                f"{row['seconds']:.2f} s",
                f"{row['ratio']:.2f}×",
                f"{row['same_cutouts_ratio']:.2f}×",
                f"{row['cosine']:.5f}",
                f"{row['cosine_pooled']:.5f}",
                f"{row['plain_megabytes'] / 1000:.2f} → {row['megabytes'] / 1000:.2f} GB "
                f"({row['memory']:.2f}×)",
            )
            for row in table["rows"]
        ],
    )
    if facts["race"]:
        lines += ["", *_race(facts["race"])]
    if facts["gpu"]:
        names = ("size", "sessions", "compiled", "plain", "ours", "ratio")
        lines += ["", *_table(names, [[_short(pace[name]) for name in names] for pace in facts["gpu"]])]
    return "\n".join(lines)


def _race(races: Sequence[Mapping[str, Any]]) -> list[str]:
    rows = [
        (
            race["backend"],
            *(f"{race[who]['steps']} steps, {race[who]['seconds']:.0f} s" for who in ("plain", "ours")),
            f"1/{1 / race['time']:.1f}",
            *(f"{race['plain'][by]:.3f} → {race['ours'][by]:.3f}" for by in ("score", "judged")),
        )
        for race in races
    ]
    return _table(
        (
            "painter",
            f"plain loop, {races[0]['plain_cuts']} cutouts",
            "ours",
            "time",
            "score",
            f"as `{races[0]['judge']}` sees it",
        ),
        rows,
    )


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [names, ["---"] * len(names), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]


def _short(value: object) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
