"""`aliendreams bench diffusion`: what company, looks and CLIP's pull cost a diffusion, in one run."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import click


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
@click.option("--steps", default=12, show_default=True, help="Steps that are timed of each.")
@click.option("--size", default=512, show_default=True, help="Side of the picture that is looked at.")
@click.option("--threads", default=0, help="Threads to use; 0: as many as there are cores.")
@click.option("--device", default="cpu", show_default=True, help="For the steps: cpu, cuda or mps.")
@click.option("--small", is_flag=True, help="Few steps, small networks: says that it works, not how fast.")
def diffusion(as_json: bool, steps: int, size: int, threads: int, device: str, small: bool) -> None:
    """Time the pocket model's steps alone and in company, looks at latents, and guided steps."""
    import torch

    from dreambench.diffusion import company, pulls, sights
    from dreambench.machine import machine

    if threads:
        torch.set_num_threads(threads)
    counts, steps, size = ([1, 2], 2, 64) if small else ([1, 2, 4, 8], steps, size)
    facts = {
        "machine": machine(),
        "company": [asdict(row) for row in company(counts, steps, device)],
        "looks": [asdict(row) for row in sights(size, 2 if small else 3, small=small)],
        "pulls": [asdict(row) for row in pulls(steps, device)],
    }
    click.echo(json.dumps(facts, indent=2) if as_json else written(facts, size))


def written(facts: Mapping[str, Any], size: int) -> str:
    """The tables as Markdown, as they stand in docs/PERFORMANCE.md."""
    machine = facts["machine"]
    lines = [
        f"{machine['processor']}, {machine['cores']} cores, {machine['threads']} threads; "
        f"torch {machine['torch']}, {machine['system']}.",
        "",
        *_table(
            ("sessions in one step", "seconds", "a picture's step, of one alone"),
            [
                (str(row["sessions"]), f"{row['seconds']:.3f}", f"{row['share']:.2f}×")
                for row in facts["company"]
            ],
        ),
        "",
        *_table(
            (f"a look at {size}²", "seconds", "of the autoencoder's"),
            [(row["way"], f"{row['seconds']:.4f}", f"1/{1 / row['share']:,.0f}") for row in facts["looks"]],
        ),
        "",
        *_table(
            ("a step of", "seconds", "of diffusion's"),
            [(row["painter"], f"{row['seconds']:.3f}", f"{row['share']:.1f}×") for row in facts["pulls"]],
        ),
    ]
    return "\n".join(lines)


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    lines = [names, ["---"] * len(names), *rows]
    return ["| " + " | ".join(line) + " |" for line in lines]
