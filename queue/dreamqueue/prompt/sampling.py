"""The flags of diffusion, both ways: from what was typed, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dreamconfig.catalogue import ModelEntry
from dreamqueue.course import shortest, write_course
from dreamqueue.errors import BadValue
from dreamqueue.hires import LEAST_SIDE, first_pass
from dreamqueue.prompt import values
from dreamqueue.prompt.courses import course
from dreamqueue.prompt.loras import loras, write_loras
from dreamqueue.prompt.menu import find
from dreamqueue.prompt.reading import Use
from dreamqueue.recipe import MAX_GUIDANCE, MAX_HIRES, Recipe
from dreamqueue.schedulers import SCHEDULERS

GRADIENTS = dict.fromkeys(("fast", "full"))


def asked(said: Mapping[str, Use], known_loras: Mapping[str, ModelEntry]) -> dict[str, Any]:
    """The fields of a recipe that these flags give; raises BadValue or UnknownWord."""
    fields: dict[str, Any] = {}
    if "guidance" in said:
        fields["guidance"] = course(said["guidance"], 0, MAX_GUIDANCE, examples=("7.5..3", "9@0%,3@40%"))
    if "scheduler" in said:
        typed = (said["scheduler"].value or "").replace("++", "pp")
        fields["scheduler"] = find("scheduler", typed, SCHEDULERS)[0]
    if "strength" in said:
        fields["strength"] = values.share(
            said["strength"],
            "I need a number above 0 and up to 1 here: 0.3 keeps much of the initial picture, 1 nothing.",
        )
    if "lora" in said:
        fields["loras"] = loras(said["lora"], known_loras)
    if "hires" in said:
        fields["hires"] = _hires(said["hires"])
    if "gradient" in said:
        fields["gradient"] = find("gradient", said["gradient"].value or "", GRADIENTS)[0]
    return fields


def written(recipe: Recipe) -> dict[str, object]:
    """The flags that `asked` turns into these fields again."""
    flags: dict[str, object] = {}
    if recipe.guidance is not None:
        flags["guidance"] = write_course(recipe.guidance)
    flags["scheduler"] = recipe.scheduler
    if recipe.strength is not None:
        flags["strength"] = shortest(recipe.strength)
    flags["lora"] = write_loras(recipe.loras)
    if recipe.hires != 1:
        flags["hires"] = shortest(recipe.hires)
    flags["gradient"] = recipe.gradient
    return {name: value for name, value in flags.items() if value != ""}


def told(recipe: Recipe) -> list[str]:
    """The same for people, in short: `guidance 7.5`, `hires 2`."""
    return [f"{name} {value}" for name, value in written(recipe).items()]


def check_first_pass(use: Use, recipe: Recipe, multiple: int) -> None:
    """Raises BadValue if nothing can be composed at 1/hires of the sides, or if that is not smaller."""
    size = recipe.width, recipe.height
    first = first_pass(*size, recipe.hires, multiple)
    told = "{}x{} would be composed at {}x{}".format(*size, *first)
    if min(first) < LEAST_SIDE:
        raise BadValue(
            use.said,
            f"{told}, and a side needs {LEAST_SIDE} pixels for that; please ask for a larger `--size` or "
            "less of this.",
        )
    if recipe.hires > 1 and first == size:
        raise BadValue(use.said, f"{told}, which is no smaller; please ask for more of this.")


def _hires(use: Use) -> float:
    number = values.decimal(use)
    if number is None or not 1 <= number <= MAX_HIRES:
        raise BadValue(
            use.said,
            f"I need a number from 1 to {MAX_HIRES} here: 2 composes it at half the width and height.",
        )
    return number
