"""The single pictures of a grid or of candidates as files: `dream-1.png`, `dream-2.png`, …"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from dreamqueue.client import QueueClient
from dreamqueue.job import KeptPart


class Described(TypedDict):
    """One of the pictures, for `--json` and for people."""

    path: str
    label: str
    seed: int
    step: int
    score: float | None


async def part_files(client: QueueClient, parts: Sequence[KeptPart]) -> dict[str, bytes]:
    """What the pictures' files hold, by what follows the dash in their names: `1.png`, `1.svg`."""
    files: dict[str, bytes] = {}
    for number, part in enumerate(parts, 1):
        for suffix, key in {"png": part.picture, **part.extras}.items():
            data = await client.fetch(key)
            if data is not None:
                files[f"{number}.{suffix}"] = data
    return files


def described(parts: Sequence[KeptPart], output: Path) -> list[Described]:
    """What can be said of each."""
    return [
        Described(
            path=str(output.with_name(f"{output.stem}-{number}.png")),
            label=part.label,
            seed=part.recipe.seed,
            step=part.step,
            score=part.score,
        )
        for number, part in enumerate(parts, 1)
    ]
