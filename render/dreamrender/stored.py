"""Weights as others stored them: numbers are read, no code is run."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self, TypeVar

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.serialization import safe_globals

from dreamqueue.errors import PaintError

DAMAGED = (
    OSError,
    SafetensorError,
    RuntimeError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    AttributeError,
    AssertionError,
    MemoryError,
    struct.error,
)
"""What reading a file that is none, or not all of one, may raise."""
DEEPEST = 24
"""Modules within modules, at most."""

Model = TypeVar("Model", bound=nn.Module)


class StoredModule:
    """A pickled `torch.nn.Module` as data, whatever its class was: that one is never imported."""

    __slots__ = ("_state",)
    _state: dict[str, Any]

    def __new__(cls, *_: object, **__: object) -> Self:
        made = super().__new__(cls)
        made._state = {}
        return made

    def __init__(self, *_: object, **__: object) -> None:
        pass

    @property
    def held(self) -> Mapping[str, Any]:
        """Its attributes; those of `torch.nn.Module` begin with an underscore."""
        return self._state

    def __setstate__(self, state: object) -> None:
        if isinstance(state, Mapping):
            self._state.update({str(name): part for name, part in state.items()})

    def tensors(self, prefix: str = "", depth: int = 0) -> dict[str, Tensor]:
        """All parameters and buffers, named as `state_dict` names them."""
        if depth > DEEPEST:
            raise PaintError(f"{prefix[:60]}: modules within modules without an end.")
        found: dict[str, Tensor] = {}
        for kind in ("_parameters", "_buffers"):
            for name, part in _mapping(self.held.get(kind)).items():
                if isinstance(part, Tensor):
                    found[f"{prefix}{name}"] = part.detach()
        for name, child in _mapping(self.held.get("_modules")).items():
            if isinstance(child, StoredModule):
                found |= child.tensors(f"{prefix}{name}.", depth + 1)
        return found


def read_tensors(path: Path) -> Mapping[str, Tensor]:
    """All tensors of a state dict (.safetensors, or what `torch.save` writes) by name; raises PaintError."""
    if path.suffix == ".safetensors":
        try:
            return safetensors.torch.load_file(path)
        except DAMAGED as error:
            raise PaintError(
                f"{path.name} is no checkpoint, or it is damaged: {first_line(error)}"
            ) from error
    stored = read_pickle(path)
    if not isinstance(stored, Mapping):
        raise PaintError(f"{path.name} holds no weights.")
    return {str(name): part.detach() for name, part in stored.items() if isinstance(part, Tensor)}


def read_pickle(path: Path, stand_ins: Sequence[str] = ()) -> object:
    """What `torch.save` wrote. Objects of the classes in `stand_ins` become a `StoredModule`.

    Raises PaintError for a file that is damaged or names anything else.
    """
    try:
        with safe_globals([(StoredModule, name) for name in stand_ins]):
            found: object = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise PaintError(
            f"{path.name} is damaged, or holds more than weights; I read numbers and run no code."
        ) from error
    except DAMAGED as error:
        raise PaintError(f"{path.name} is no checkpoint, or it is damaged: {first_line(error)}") from error
    return found


def filled(empty: Model, stored: Mapping[str, Tensor], file: str, device: str | torch.device) -> Model:
    """A model made on `meta`, with stored weights: frozen, float32. Raises PaintError if they do not fit."""
    wanted = empty.state_dict()
    if missing := [name for name in wanted if name not in stored]:
        raise PaintError(f"{file} lacks {len(missing)} of the weights, {missing[0]} first.")
    for name, part in wanted.items():
        if stored[name].shape != part.shape:
            raise PaintError(
                f"{file} does not fit: {name} is {tuple(stored[name].shape)} "
                f"and should be {tuple(part.shape)}."
            )
    kept = {name: stored[name].to(device, torch.float32, copy=True) for name in wanted}
    empty.load_state_dict(kept, assign=True)
    return empty.eval().requires_grad_(False)


def first_line(error: Exception) -> str:
    """The first words of an error, for people."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _mapping(found: object) -> Mapping[Any, Any]:
    return found if isinstance(found, Mapping) else {}
