"""The backends by name, imported when they are used. Plug-ins join through an entry point."""

from __future__ import annotations

import difflib
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from dreamqueue.errors import PaintError, UnknownWord
from dreamrender.backend import Backend

BACKENDS: dict[str, str] = {
    "pixels": "dreamrender.backends.pixels:Pixels",
    "vqgan": "dreamrender.backends.vqgan:VQGAN",
    "bigsleep": "dreamrender.backends.bigsleep:BigSleep",
    "dvae": "dreamrender.backends.dvae:DVAE",
    "stylegan": "dreamrender.backends.stylegan:StyleGAN",
    "siren": "dreamrender.backends.siren:Siren",
    "strokes": "dreamrender.backends.strokes:Strokes",
    "deepdream": "dreamrender.backends.deepdream:Deepdream",
    "diffusion": "dreamrender.backends.diffusion:Diffusion",
    "guided": "dreamrender.backends.guided:Guided",
}

PLUG_INS = "aliendreams.backends"
"""Entry-point group: `name = "package.module:Class"`, where Class(device) is a Backend."""


def available() -> list[str]:
    """Names of all backends, our own first."""
    return [*BACKENDS, *(name for name in _plug_ins() if name not in BACKENDS)]


@cache
def load_backend(name: str, device: str = "cpu") -> Backend:
    """The backend of that name on a device; made the first time, kept afterwards.

    Raises UnknownWord for a name nobody has and PaintError for one that cannot be imported here.
    """
    place = {**_plug_ins(), **BACKENDS}.get(name)
    if place is None:
        raise UnknownWord("backend", name, difflib.get_close_matches(name, available(), n=3), available())
    module, _, attribute = place.partition(":")
    try:
        backend: Backend = getattr(import_module(module), attribute)(device)
    except ImportError as error:
        raise PaintError(f"The backend `{name}` is not complete on this worker: {error}.") from error
    return backend


def _plug_ins() -> dict[str, str]:
    return {point.name: point.value for point in entry_points(group=PLUG_INS)}
