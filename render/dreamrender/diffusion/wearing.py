"""LoRAs (Hu et al. 2021) on a loaded model, put on and off between steps."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from dreamqueue.errors import PaintError
from dreamqueue.recipe import UsedLora
from dreamrender.diffusion.families.family import Family
from dreamrender.diffusion.loras import require_lora
from dreamrender.out_of_memory import ran_out

MOST = 8
"""LoRAs that stay beside a model when they are not used."""


def wear(family: Family, loras: Sequence[UsedLora]) -> None:
    """From here on the model has exactly these, each at its weight. Raises PaintError for one that is not
    here or was made for another model."""
    wanted = {_adapter(lora.name): lora for lora in loras}
    worn = tuple(loras)
    if family.worn == worn:
        return
    if (wanted and not hasattr(family.pipeline, "load_lora_weights")) or (wanted and family.name == "pocket"):
        raise PaintError("This model takes no LoRAs.")
    family.worn = None  # one that is loaded is on at once, whatever comes of the next
    for adapter, lora in wanted.items():
        if adapter not in family.wardrobe:
            _load(family, adapter, lora.name)
    _make_room(family, list(wanted))
    if wanted:
        family.pipeline.enable_lora()
        family.pipeline.set_adapters(list(wanted), [lora.weight for lora in loras])
    elif family.wardrobe:
        family.pipeline.disable_lora()
    family.worn = worn


def _load(family: Family, adapter: str, name: str) -> None:
    path = require_lora(name, family.name, family.text_width)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Already found a `peft_config`")  # several are meant to
            family.pipeline.load_lora_weights(path.parent, weight_name=path.name, adapter_name=adapter)
    except (ValueError, RuntimeError, KeyError, OSError) as error:
        if adapter in _known(family):
            family.pipeline.delete_adapters([adapter])
        if ran_out(error):
            raise
        raise PaintError(f"The LoRA `{name}` does not fit this model: {error}") from error
    family.wardrobe.append(adapter)


def _make_room(family: Family, needed: Sequence[str]) -> None:
    """Drop those that were loaded longest ago."""
    idle = [adapter for adapter in family.wardrobe if adapter not in needed]
    while idle and len(family.wardrobe) > MOST:
        oldest = idle.pop(0)
        family.pipeline.delete_adapters([oldest])
        family.wardrobe.remove(oldest)


def _known(family: Family) -> set[str]:
    return {name for names in family.pipeline.get_list_adapters().values() for name in names}


def _adapter(name: str) -> str:
    """A name that may be part of a module's name; of its own for each LoRA, whose names have no `_`."""
    return "lora_" + name.replace(".", "_")
