"""`aliendreams bench engine`: several sessions against one, in one run."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("--backend", "names", multiple=True, help="Painters; pixels and diffusion if not given.")
@click.option("--steps", default=20, show_default=True, help="Steps of each picture.")
@click.option("--size", default=128, show_default=True, help="Side of the pictures.")
@click.option("--threads", default=0, help="Threads to use; 0: as many as there are cores.")
@click.option("--device", default="cpu", show_default=True, help="cpu, cuda or mps.")
@click.option("--small", is_flag=True, help="Few steps and sessions: says that it works, not how fast.")
def engine(
    as_json: bool, names: tuple[str, ...], steps: int, size: int, threads: int, device: str, small: bool
) -> None:
    """Time 1, 2, 4 and 8 sessions in the engine, each with steps of its own and with shared ones."""
    import torch

    from dreambench.engine import crowds
    from dreambench.machine import machine

    if threads:
        torch.set_num_threads(threads)
    counts, steps, size = ([1, 2], 3, 32) if small else ([1, 2, 4, 8], steps, size)
    facts = {
        "machine": machine(),
        "steps": steps,
        "size": size,
        "device": device,
        "crowds": [
            asdict(row)
            for name in names or ("pixels", "diffusion")
            for row in crowds(name, counts, [1, 0], steps, size, device)
        ],
    }
    click.echo(json.dumps(facts, indent=2) if as_json else written(facts))


def written(facts: Mapping[str, Any]) -> str:
    """The table as Markdown, as it stands in docs/PERFORMANCE.md."""
    machine = facts["machine"]
    where = machine.get("gpu", "no GPU") if facts["device"] != "cpu" else "on the processor"
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, {machine['threads']} threads, {where}; "
        f"torch {machine['torch']}, {machine['system']}. {facts['size']}², {facts['steps']} steps.",
        "",
        "| painter | sessions | in one step | pictures a minute | a picture, of one alone | apart "
        "| next begins "
        "| peak memory |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {row['backend']} | {row['sessions']} | {row['batch']} | {row['a_minute']:.1f} "
        f"| {row['times']:.2f}× | {row['apart']:.0%} | {row['next_ms']:.0f} ms | {row['megabytes']:.0f} MB |"
        for row in facts["crowds"]
    ]
    return "\n".join(lines)
