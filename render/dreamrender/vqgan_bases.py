"""The VQGANs one may paint with, by their name in the catalogue; loaded once a device."""

from __future__ import annotations

import threading

from dreamrender.shelf import shelf
from dreamrender.vqgan import VQGAN
from dreamrender.vqgan_files import load_vqgan

_loading = threading.Lock()
_loaded: dict[tuple[str, str], VQGAN] = {}


def load_base(name: str, device: str = "cpu") -> VQGAN:
    """The VQGAN `vqgan-<name>` of the catalogue; raises PaintError if its files are not here."""
    with _loading:
        if (name, device) not in _loaded:
            _loaded[name, device] = _load(f"vqgan-{name}", device)
        return _loaded[name, device]


def is_loaded(name: str, device: str = "cpu") -> bool:
    """Whether the VQGAN of this catalogue name is on the device already."""
    return (name.removeprefix("vqgan-"), device) in _loaded


def _load(name: str, device: str) -> VQGAN:
    weights, *more = shelf().require(name)
    return load_vqgan(weights, more[0] if more else weights.with_suffix(".yaml"), device).hasten()
