"""A small device, and models whose weights lie on it or are packed away: two tiers where there is no GPU."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Self

import torch

from dreamrender.residents import Residents
from dreamrender.shelter import LEFT_ALONE, Shelter

MEGABYTE = 1_000_000
AWAY = "main memory"
PIECES = 4


class SmallDevice:
    """So many megabytes. What is put on it counts until it leaves or is forgotten."""

    def __init__(self, megabytes: float, main_memory: float = 1000) -> None:
        self.size = megabytes * MEGABYTE
        self.main_memory = main_memory * MEGABYTE
        self.taken = 0.0
        self.away = 0.0

    def residents(self, budget: float | None = None) -> Residents:
        """Who may live here."""
        shelter = Shelter(AWAY, lambda: LEFT_ALONE + self.main_memory - self.away)
        most = None if budget is None else budget * MEGABYTE
        return Residents("cpu", budget=most, free=lambda: self.size - self.taken, shelter=shelter)


class _Account:
    """Where the bytes of one brick are."""

    def __init__(self, device: SmallDevice, size: float) -> None:
        self.device, self.size = device, size
        self.here = self.away = 0.0

    def come(self) -> None:
        """Piece by piece, so that it may fail half-way, as CUDA does."""
        for _ in range(PIECES):
            if self.device.taken + self.size / PIECES > self.device.size:
                raise torch.OutOfMemoryError(f"Tried to allocate {self.size / MEGABYTE:.0f} MB.")
            self.device.taken += self.size / PIECES
            self.here += self.size / PIECES
        self.device.away -= self.away
        self.away = 0.0

    def go(self) -> None:
        self.device.away += self.size - self.away
        self.device.taken -= self.here
        self.here, self.away = 0.0, self.size

    def end(self) -> None:
        self.device.taken -= self.here
        self.device.away -= self.away


class Brick(torch.nn.Module):
    """Random weights of so many megabytes. Away from its device it holds bytes, and cannot be used."""

    weights: torch.Tensor

    def __init__(self, device: SmallDevice, megabytes: float, seed: int = 0) -> None:
        super().__init__()
        size = int(megabytes * MEGABYTE)
        self._account = _Account(device, size)
        weakref.finalize(self, self._account.end)
        self._account.come()
        generator = torch.Generator().manual_seed(seed)
        self.register_buffer(
            "weights", torch.randint(0, 256, (size,), dtype=torch.uint8, generator=generator)
        )
        self._packed = b""

    def to(self, place: object) -> Self:  # type: ignore[override]
        """Where it is already it stays, and what has come of it half-way goes back."""
        if place == AWAY:
            if not self._packed:
                self._packed = self.weights.numpy().tobytes()
                self.weights = torch.empty(0, dtype=torch.uint8)
            self._account.go()
        elif self._packed:
            self._account.come()
            self.weights = torch.frombuffer(bytearray(self._packed), dtype=torch.uint8)
            self._packed = b""
        return self


def making(device: SmallDevice, megabytes: float, seed: int = 0) -> Callable[[], Brick]:
    """A loader."""
    return lambda: Brick(device, megabytes, seed)
