"""`--lora watercolours:0.8, ink`: read and written back."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dreamconfig.catalogue import ModelEntry
from dreamqueue.course import NUMBER, shortest
from dreamqueue.errors import BadValue
from dreamqueue.prompt.menu import find
from dreamqueue.prompt.reading import Use, items
from dreamqueue.recipe import MAX_LORA, MOST_LORAS, UsedLora

_WEIGHTED = re.compile(rf"(?P<name>[^:]+?)\s*(?:::?\s*(?P<weight>{NUMBER}))?", re.ASCII)


def loras(use: Use, known: Mapping[str, ModelEntry]) -> tuple[UsedLora, ...]:
    """LoRAs in their order, each once. Raises BadValue, or UnknownWord for one that is not known."""
    found: dict[str, UsedLora] = {}
    for item in items(use.value or ""):
        match = _WEIGHTED.fullmatch(item)
        if match is None:
            raise BadValue(use.said, "I need names of LoRAs here; a weight may follow each (`name:0.8`).")
        name = find("LoRA", match["name"], known)[0]
        if name in found:
            raise BadValue(use.said, f"`{name}` is there twice; please keep one of them.")
        found[name] = UsedLora(name=name, weight=_weight(use, match["weight"]))
    if len(found) > MOST_LORAS:
        raise BadValue(use.said, f"at most {MOST_LORAS} LoRAs change one model.")
    return tuple(found.values())


def write_loras(used: tuple[UsedLora, ...]) -> str:
    """What `loras` reads as these very ones."""
    return ",".join(
        lora.name if lora.weight == 1 else f"{lora.name}:{shortest(lora.weight)}" for lora in used
    )


def _weight(use: Use, typed: str | None) -> float:
    weight = 1.0 if typed is None else float(typed.replace("−", "-").replace("–", "-")) + 0.0
    if not -MAX_LORA <= weight <= MAX_LORA:
        raise BadValue(use.said, f"the weight of a LoRA lies between -{MAX_LORA} and {MAX_LORA}.")
    return weight
