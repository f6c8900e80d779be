"""What is free for paintings on a device, and how many cutouts they take."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Protocol, runtime_checkable

import torch

from dreamqueue.recipe import Recipe


@runtime_checkable
class HasCuts(Protocol):
    """A backend that can say how much its critics are shown."""

    def most_cuts(self, recipe: Recipe) -> int:
        """Cutouts that each critic is shown in a step, at most."""


def free_on(device: str) -> float | None:
    """Bytes that a painting can have on a device now; None if nobody knows."""
    kind = torch.device(device).type
    if kind == "cuda":
        unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return float(torch.cuda.mem_get_info(device)[0] + unused)
    if kind == "mps":
        return float(torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory())
    return free_here()


def free_here(root: Path = Path("/")) -> float | None:
    """Bytes of main memory to be had, within the limit of this container; None where there is no /proc."""
    known = [*_available(root / "proc/meminfo"), *_below_limit(root / "sys/fs/cgroup")]
    return min(known, default=None)


def _available(meminfo: Path) -> Iterable[float]:
    try:
        lines = meminfo.read_text("utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        if line.startswith("MemAvailable:"):
            yield float(line.split()[1]) * 1024


def _below_limit(group: Path) -> Iterable[float]:
    """Version 2 of cgroups, then version 1. Files that are cached count as used and can be dropped."""
    for folder, most, used, cached in (
        (group, "memory.max", "memory.current", "inactive_file"),
        (group / "memory", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
    ):
        try:
            limit = float((folder / most).read_text())  # "max", where there is none
            taken = float((folder / used).read_text())
            lines = (folder / "memory.stat").read_text().splitlines()
        except (OSError, ValueError):
            continue
        yield limit - taken + sum(float(line.split()[1]) for line in lines if line.startswith(f"{cached} "))
