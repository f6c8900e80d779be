"""Several seeds for one prompt: `--candidates 9 --finish 2 --trial 20%`, or `--best-of 4`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dreamqueue.errors import BadValue
from dreamqueue.prompt.reading import Use
from dreamqueue.prompt.values import share, whole_number
from dreamqueue.recipe import MOST_PICTURES

_TRIAL = "I need a share of the steps here, such as `--trial 20%`."


class Candidates(NamedTuple):
    """Fields of a recipe."""

    candidates: int = 1
    finish: int = 1
    trial: float = 0.2


def candidates(said: Mapping[str, Use]) -> Candidates:
    """How many seeds are begun, when they are compared and how many go on. Raises BadValue."""
    if "best-of" in said:
        for other in ("candidates", "trial"):
            if other in said:
                both = f"{said['best-of'].said} {said[other].said}"
                raise BadValue(both, "`--best-of` paints all to the end; please keep one of these two.")
        number, trial = whole_number(said["best-of"], 1, MOST_PICTURES), 1.0
    elif "candidates" in said:
        number = whole_number(said["candidates"], 1, MOST_PICTURES)
        trial = share(said["trial"], _TRIAL) if "trial" in said else Candidates().trial
    else:
        for alone in ("finish", "trial"):
            if alone in said:
                raise BadValue(said[alone].said, "this is about candidates: add `--candidates 9` or so.")
        return Candidates()
    finish = whole_number(said["finish"], 1, number) if "finish" in said else 1
    return Candidates(number, finish, trial) if number > 1 else Candidates()
