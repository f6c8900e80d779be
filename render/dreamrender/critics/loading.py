"""Critics by their catalogue name."""

from __future__ import annotations

import difflib
from importlib.resources import files
from pathlib import Path

from dreamconfig.catalogue import ModelEntry, models
from dreamqueue.errors import PaintError, UnknownWord
from dreamqueue.memory import of_model
from dreamrender.critics import Critic
from dreamrender.residents import residents_on
from dreamrender.shelf import shelf


def load_critic(name: str, device: str = "cpu", *, download: bool = False) -> Critic:
    """The critic of that name on a device (see `dreamrender.residents`).

    Raises UnknownWord for a name that is not in the catalogue and PaintError for weights that are not here.
    `download` lets missing ones be fetched from where the catalogue says.
    """
    if name not in models():
        raise UnknownWord("critic", name, difflib.get_close_matches(name, models(), n=3), list(models()))
    return residents_on(device).take(name, lambda: _load(name, device, download), of_model(name))


def _load(name: str, device: str, download: bool) -> Critic:
    entry = models()[name]
    return (
        _pocket(name, entry, device) if entry.kind == "pocket" else _open_clip(name, entry, device, download)
    )


def _pocket(name: str, entry: ModelEntry, device: str) -> Critic:
    path = Path(str(files("dreamrender").joinpath(entry.file or "")))
    if not path.is_file():
        raise PaintError(
            f"The weights of the critic `{name}` are missing from this installation: {entry.file} should "
            "lie beside the code. Install the package again, or build them with tools/pocket_critic."
        )
    from dreamrender.critics.pocket import PocketCritic

    try:
        return PocketCritic.from_file(path, device)
    except ValueError as error:
        raise PaintError(f"The critic `{name}` does not load: {error}.") from error


def _open_clip(name: str, entry: ModelEntry, device: str, download: bool) -> Critic:
    from dreamrender.critics.open_clip import OpenClipCritic

    if entry.architecture is None:
        raise PaintError(f"The catalogue does not say which open_clip model `{name}` is.")
    own = shelf()
    own.allow(name)
    if download and not own.here(name):
        own.fetch(name)
    weights = own.place(entry.files[0]) if entry.files and not own.missing(name) else None
    if weights is None and entry.pretrained is None:
        own.require(name)
    return OpenClipCritic.load(entry.architecture, entry.pretrained or "", device, name=name, weights=weights)
