"""One model that is or was on a device, and what people see of it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from torch import Tensor, nn

Where: TypeAlias = Literal["device", "main memory", "gone", "moving"]


@runtime_checkable
class Movable(Protocol):
    """A model that can leave its device and come back: any module, diffusers pipeline or critic."""

    def to(self, device: Any, /) -> Any:
        """It on another device; may be the same object."""


@runtime_checkable
class InParts(Protocol):
    """A model of which only a part is on its device at a time (`dreamrender.placing`)."""

    bytes_on_device: float
    """Of its weights, at most."""


@dataclass
class Resident:
    """What is known of a model."""

    name: str
    model: object = None
    where: Where = "gone"
    weight: float = 0.0
    """Bytes that it takes where it is."""
    loads: int = 0
    """Times it was loaded from its files."""
    moves: int = 0
    """Times it came back from main memory instead."""
    used: int = 0
    """When it was taken last: larger is later."""
    holders: set[Hashable] = field(default_factory=set)

    @property
    def idle(self) -> bool:
        """Whether it is on the device and nobody holds it."""
        return self.where == "device" and not self.holders

    @property
    def row(self) -> Row:
        """For people."""
        return Row(self.name, self.where, self.weight / 1e6, self.loads, self.moves, len(self.holders))


@dataclass(frozen=True)
class Row:
    """A model's line in a table."""

    name: str
    where: Where
    megabytes: float
    """10⁶ bytes; by estimate where its weights are not to be seen."""
    loads: int
    moves: int
    held: int
    """Paintings that use it."""


def weight_of(model: object) -> float:
    """Bytes of the weights of a module, of a pipeline's components, or of the modules in an object."""
    if isinstance(model, InParts):
        return model.bytes_on_device
    components = getattr(model, "components", None)
    held = components if isinstance(components, Mapping) else getattr(model, "__dict__", {})
    parts = [model] if isinstance(model, nn.Module) else held.values()
    modules = [part for part in parts if isinstance(part, nn.Module)]
    tensors = chain.from_iterable(chain(one.parameters(), one.buffers()) for one in modules)
    return _bytes(tensors)


def _bytes(tensors: Iterable[Tensor]) -> float:
    seen = {id(tensor): tensor.nbytes for tensor in tensors}
    return float(sum(seen.values()))
