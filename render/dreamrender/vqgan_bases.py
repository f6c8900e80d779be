"""The VQGANs one may paint with, by their name in the catalogue."""

from __future__ import annotations

from dreamqueue.memory import of_model
from dreamrender.residents import residents_on
from dreamrender.shelf import shelf
from dreamrender.vqgan import VQGAN
from dreamrender.vqgan_files import load_vqgan


def load_base(name: str, device: str = "cpu") -> VQGAN:
    """The VQGAN `vqgan-<name>` of the catalogue; raises PaintError if its files are not here."""
    entry = f"vqgan-{name}"
    return residents_on(device).take(entry, lambda: _load(entry, device), of_model(entry))


def _load(name: str, device: str) -> VQGAN:
    weights, *more = shelf().require(name)
    return load_vqgan(weights, more[0] if more else weights.with_suffix(".yaml"), device).hasten()
