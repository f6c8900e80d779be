"""NVIDIA's network pickles, read as data.

A `.pkl` of stylegan2-ada-pytorch or stylegan3 holds modules with the source code that made them, to be run
when it is read. Here neither that source nor anything else in the file is run or imported: the unpickler
knows a handful of names, all of them its own stand-ins, and refuses the rest.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor

from dreamqueue.errors import PaintError
from dreamrender.stored import DAMAGED, StoredModule, first_line


class Plain(dict[Any, Any]):
    """Stands in for a dictionary with attributes."""

    def __setstate__(self, state: object) -> None:
        pass


class Ignored:
    """Stands in for what painting does not need: arrays that describe sizes, sets of names."""

    def __init__(self, *_: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


def _module(meta: object) -> StoredModule:
    made = StoredModule()
    if isinstance(meta, Mapping):
        made.__setstate__(meta.get("state"))
    return made


def _storage(packed: object) -> object:
    """A storage within the pickle, itself written by `torch.save`."""
    if not isinstance(packed, bytes):
        raise pickle.UnpicklingError("a storage that is no bytes")
    return torch.load(io.BytesIO(packed), map_location="cpu", weights_only=True)


def _tensor(
    storage: Any,
    offset: object,
    size: Any,
    stride: Any,
    grad: object = False,
    hooks: object = None,
    *_: object,
) -> Tensor:
    if not isinstance(storage, (torch.storage.TypedStorage, torch.storage.UntypedStorage)):
        raise pickle.UnpicklingError("a tensor without a storage")
    sizes, strides = [*map(int, size)], [*map(int, stride)]
    start = int(str(offset))
    last = start + sum((one - 1) * step for one, step in zip(sizes, strides, strict=True))
    if min([start, *sizes, *strides]) < 0 or (0 not in sizes and last >= _numbers(storage)):
        raise pickle.UnpicklingError("a tensor larger than its storage")
    rebuilt: Tensor = torch._utils._rebuild_tensor(storage, start, tuple(sizes), tuple(strides))  # type: ignore[no-untyped-call]
    return rebuilt


def _numbers(storage: torch.storage.TypedStorage | torch.storage.UntypedStorage) -> int:
    """How many a storage holds (asked by a name that does not warn of the class's old age)."""
    held = storage._size() if isinstance(storage, torch.storage.TypedStorage) else storage.nbytes()  # type: ignore[no-untyped-call]
    return int(held)


def _parameter(data: object, *_: object) -> object:
    return data


class Maker:
    """What a name in the file stands for: it can be called, and not be changed."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[..., object]) -> None:
        self._make = make

    def __call__(self, *given: object) -> object:
        return self._make(*given)

    def __setstate__(self, state: object) -> None:
        raise pickle.UnpicklingError("a change of its reader")


class Reader(pickle.Unpickler):
    """Knows no name but these."""

    KNOWN: ClassVar[Mapping[tuple[str, str], Callable[..., object]]] = {
        ("torch_utils.persistence", "_reconstruct_persistent_obj"): Maker(_module),
        ("torch._utils", "_rebuild_tensor_v2"): Maker(_tensor),
        ("torch._utils", "_rebuild_parameter"): Maker(_parameter),
        ("torch.storage", "_load_from_bytes"): Maker(_storage),
        ("dnnlib.util", "EasyDict"): Plain,
        ("dnnlib", "EasyDict"): Plain,
        ("collections", "OrderedDict"): Maker(OrderedDict),
        ("builtins", "set"): Ignored,
        ("torch", "device"): Ignored,
    }
    ARRAYS: ClassVar[frozenset[str]] = frozenset(
        {"_reconstruct", "scalar", "ndarray", "dtype", "_frombuffer"}
    )

    def find_class(self, module: str, name: str) -> Any:
        """A stand-in, or UnpicklingError."""
        if (module, name) in self.KNOWN:
            return self.KNOWN[module, name]
        if module.split(".")[0] == "numpy" and name in self.ARRAYS:
            return Ignored
        raise pickle.UnpicklingError(f"{module}.{name}")


def read_generator(path: Path) -> StoredModule:
    """The averaged generator, `G_ema`, of a network pickle; raises PaintError."""
    try:
        with path.open("rb") as file:
            found = Reader(file).load()
    except pickle.UnpicklingError as error:
        raise PaintError(
            f"{path.name} is damaged, or wants to run {first_line(error)}; I read numbers and run no code."
        ) from error
    except DAMAGED as error:
        raise PaintError(
            f"{path.name} is no network pickle, or it is damaged: {first_line(error)}."
        ) from error
    network = found.get("G_ema") if isinstance(found, Mapping) else None
    if not isinstance(network, StoredModule):
        raise PaintError(
            f"{path.name} holds no generator (`G_ema`) as StyleGAN2-ADA or StyleGAN3 for torch write it."
        )
    return network
