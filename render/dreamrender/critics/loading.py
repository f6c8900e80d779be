"""Critics by their catalogue name, loaded once a device."""

from __future__ import annotations

import difflib
import threading
from functools import cache
from importlib import import_module
from importlib.resources import files

from dreamconfig.catalogue import ModelEntry, models
from dreamqueue.errors import PaintError, UnknownWord
from dreamrender.critics import Critic

_loading = threading.Lock()


def load_critic(name: str, device: str = "cpu", *, download: bool = False) -> Critic:
    """The critic of that name on a device; loaded the first time, kept afterwards.

    Raises UnknownWord for a name that is not in the catalogue and PaintError for weights that are not here.
    `download` lets missing ones be fetched from where the catalogue says.
    """
    if name not in models():
        raise UnknownWord("critic", name, difflib.get_close_matches(name, models(), n=3), list(models()))
    with _loading:
        return _load(name, device, download)


@cache
def _load(name: str, device: str, download: bool) -> Critic:
    entry = models()[name]
    return _pocket(name, entry, device) if entry.kind == "pocket" else _open_clip(name, entry, device, download)


def _pocket(name: str, entry: ModelEntry, device: str) -> Critic:
    path = files("dreamrender").joinpath(entry.file or "")
    if not path.is_file():
        raise PaintError(
            f"The weights of the critic `{name}` are missing from this installation: {entry.file} should "
            "lie beside the code. Install the package again, or build them with tools/pocket_critic."
        )
    # import_module: the pocket critic is imported only by those who use it
    critic: Critic = import_module("dreamrender.critics.pocket").PocketCritic.from_file(path, device)
    return critic


def _open_clip(name: str, entry: ModelEntry, device: str, download: bool) -> Critic:
    from dreamrender.critics.open_clip import OpenClipCritic

    assert entry.architecture is not None
    assert entry.pretrained is not None
    return OpenClipCritic.load(entry.architecture, entry.pretrained, device, name=name, download=download)
