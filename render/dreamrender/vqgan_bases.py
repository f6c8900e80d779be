"""The VQGANs one may paint with, by their name in the catalogue; loaded once a device."""

from __future__ import annotations

import threading
from importlib.resources import files
from pathlib import Path

import torch

from dreamconfig.catalogue import ModelEntry, models
from dreamqueue.errors import PaintError
from dreamrender.vqgan import VQGAN
from dreamrender.vqgan_files import load_vqgan

FOLDER = "aliendreams"
"""Where fetched weights lie, within torch's own folder of downloads (see TORCH_HOME)."""

_loading = threading.Lock()
_loaded: dict[tuple[str, str], VQGAN] = {}


def load_base(name: str, device: str = "cpu") -> VQGAN:
    """The VQGAN `vqgan-<name>` of the catalogue; raises PaintError if its files are not here."""
    with _loading:
        if (name, device) not in _loaded:
            _loaded[name, device] = _load(f"vqgan-{name}", device)
        return _loaded[name, device]


def _load(name: str, device: str) -> VQGAN:
    entry = models()[name]
    weights = _place(name, entry)
    config = weights.with_suffix(".yaml")
    if missing := [path.name for path in (weights, config) if not path.is_file()]:
        raise PaintError(
            f"This worker does not have {' and '.join(missing)} of `{name}` ({entry.origin}). Whoever runs "
            f"it can put them into the folder `{FOLDER}` of torch's downloads."
        )
    return load_vqgan(weights, config, device).hasten()


def _place(name: str, entry: ModelEntry) -> Path:
    if entry.file is not None:
        return Path(str(files("dreamrender").joinpath(entry.file)))
    return Path(torch.hub.get_dir()) / FOLDER / f"{name.removeprefix('vqgan-')}.ckpt"
