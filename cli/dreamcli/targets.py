"""Target pictures on the command line: `--target style.png:0.5`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import click

from dreamqueue.pictures import read_picture

MOST_TARGETS = 8

_WEIGHTED = re.compile(r"(?P<file>.+):(?P<weight>[-+]?[0-9]*\.?[0-9]+)")


def read_targets(values: Sequence[str]) -> list[tuple[bytes, float]]:
    """The pictures' bytes, ready to be kept, and their weights."""
    if len(values) > MOST_TARGETS:
        raise click.BadParameter(f"At most {MOST_TARGETS} pictures can be targets.", param_hint="--target")
    found = []
    for value in values:
        path, weight = _taken_apart(value)
        if not path.is_file():
            raise click.BadParameter(f"There is no file {path}.", param_hint="--target")
        if not 0 < abs(weight) <= 100:
            raise click.BadParameter(
                f"{value}: a weight lies between -100 and 100, and is not 0.", param_hint="--target"
            )
        found.append((read_picture(path.read_bytes()), weight))
    return found


def _taken_apart(value: str) -> tuple[Path, float]:
    match = _WEIGHTED.fullmatch(value)
    if match is None or Path(value).is_file():
        return Path(value), 1.0
    return Path(match["file"]), float(match["weight"])
