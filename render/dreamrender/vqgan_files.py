"""Reading VQGANs: taming's configuration as plain data, its checkpoint as plain numbers. Nothing is run."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
import torch
import yaml
from pydantic import ValidationError
from safetensors import SafetensorError
from torch import Tensor
from torch.serialization import get_unsafe_globals_in_checkpoint, safe_globals

from dreamqueue.errors import PaintError
from dreamrender.stored import filled
from dreamrender.vqgan import VQGAN, Shape

INSIDE = "first_stage_model."
"""Where a transformer's checkpoint keeps its VQGAN (sflckr, coco, faceshq as published)."""

BOOKKEEPING = (
    "pytorch_lightning.",
    "lightning.",
    "omegaconf.",
    "numpy.",
    "typing.",
    "collections.",
    "argparse.",
)
"""Modules whose objects lie in published checkpoints beside the weights. None of them is imported: whatever
they were, they become `Ignored`."""
PLAIN = frozenset({"builtins.dict", "builtins.list", "builtins.int", "builtins.set", "_codecs.encode"})


class Ignored:
    """Stands in for a trainer's notes when a checkpoint is read."""

    def __init__(self, *_: object, **__: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


def load_vqgan(weights: Path, config: Path, device: str | torch.device = "cpu") -> VQGAN:
    """A frozen VQGAN from a checkpoint (.ckpt or .safetensors) and its .yaml; raises PaintError."""
    shape = read_shape(config)
    stored = read_weights(weights)
    inside = {name.removeprefix(INSIDE): part for name, part in stored.items() if name.startswith(INSIDE)}
    with torch.device("meta"):
        model = VQGAN(shape)
    return filled(model, inside or stored, weights.name, device)


def read_shape(path: Path) -> Shape:
    """The VQGAN that a configuration describes, alone or as the first stage of a transformer."""
    try:
        model = yaml.safe_load(path.read_text("utf-8"))["model"]
        model = model["params"].get("first_stage_config", model)
        gumbel = str(model.get("target", "")).rpartition(".")[2].startswith("Gumbel")
        return Shape.model_validate({**model["params"], "gumbel": gumbel})
    except OSError as error:
        raise PaintError(f"The configuration {path.name} cannot be read.") from error
    except ValidationError as error:
        what = error.errors()[0]
        place = ".".join(map(str, what["loc"]))
        raise PaintError(f"{path.name} describes no VQGAN that I know: {place}: {what['msg']}.") from error
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise PaintError(f"{path.name} is no configuration of a VQGAN.") from error


def read_weights(path: Path) -> Mapping[str, Tensor]:
    """All tensors of a checkpoint by name."""
    try:
        if path.suffix == ".safetensors":
            return safetensors.torch.load_file(path)
        with safe_globals(_stand_ins(path)):
            stored = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
    except (OSError, SafetensorError, RuntimeError, ValueError, EOFError, KeyError, TypeError) as error:
        raise PaintError(f"{path.name} is no checkpoint, or it is damaged: {_first_line(error)}") from error
    except pickle.UnpicklingError as error:
        raise PaintError(f"{path.name} holds more than numbers, and I do not run code.") from error
    tensors = stored.get("state_dict", stored) if isinstance(stored, Mapping) else None
    if not isinstance(tensors, Mapping):
        raise PaintError(f"{path.name} holds no weights.")
    return {str(name): part for name, part in tensors.items() if isinstance(part, Tensor)}


def _stand_ins(path: Path) -> list[Any]:
    names = get_unsafe_globals_in_checkpoint(path)
    if strange := sorted(name for name in names if not (name.startswith(BOOKKEEPING) or name in PLAIN)):
        raise PaintError(f"{path.name} wants to run {strange[0]}; I read numbers and run no code.")
    return [(Ignored, name) for name in names]


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
