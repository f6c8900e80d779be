"""Reading DALL-E's dVAE: `encoder.pkl` and `decoder.pkl` as OpenAI publishes them, whole pickled modules.

They are read as data: every class in them becomes a stand-in that holds parameters, nothing of theirs is
imported or run, and a file that names anything else is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from dreamqueue.errors import PaintError
from dreamqueue.memory import of_model
from dreamrender.dvae import Decoder, Encoder, Shape
from dreamrender.fetched import fetched
from dreamrender.residents import residents_on
from dreamrender.stored import StoredModule, filled, read_pickle

CLASSES = (
    "dall_e.decoder.Decoder",
    "dall_e.decoder.DecoderBlock",
    "dall_e.encoder.Encoder",
    "dall_e.encoder.EncoderBlock",
    "dall_e.utils.Conv2d",
    "torch.nn.modules.activation.ReLU",
    "torch.nn.modules.container.Sequential",
    "torch.nn.modules.linear.Identity",
    "torch.nn.modules.pooling.MaxPool2d",
    "torch.nn.modules.upsampling.Upsample",
    "builtins.set",
    "__builtin__.set",
)
"""What lies in the published files; none of it is imported."""


def load_dvae_decoder(name: str, device: str = "cpu") -> Decoder:
    """The decoder of a catalogue entry; raises PaintError if it is not here."""

    def load() -> Decoder:
        (file,) = fetched(name, "-decoder.pkl")
        return load_decoder(file, device)

    return residents_on(device).take(name, load, of_model(name))


def load_dvae_encoder(name: str, device: str = "cpu") -> Encoder:
    """The encoder of a catalogue entry; raises PaintError if it is not here."""

    def load() -> Encoder:
        (file,) = fetched(name, "-encoder.pkl")
        return load_encoder(file, device)

    return residents_on(device).take(f"{name}/encoder", load, of_model(name))


def load_decoder(file: Path, device: str | torch.device = "cpu") -> Decoder:
    """A frozen decoder from its file; raises PaintError."""
    stored = _read(file)
    shape = Shape.of(stored, file.name)
    first = stored.get("blocks.input.w")
    if first is None or first.ndim != 4 or first.shape[-1] != 1 or shape.end < 3:
        raise PaintError(f"{file.name} is no decoder of DALL-E's dVAE.")
    with torch.device("meta"):
        empty = Decoder(shape, first.shape[1])
    return filled(empty, stored, file.name, device)


def load_encoder(file: Path, device: str | torch.device = "cpu") -> Encoder:
    """A frozen encoder from its file; raises PaintError."""
    stored = _read(file)
    with torch.device("meta"):
        empty = Encoder(Shape.of(stored, file.name))
    return filled(empty, stored, file.name, device)


def _read(file: Path) -> Mapping[str, Tensor]:
    found = read_pickle(file, CLASSES)
    if isinstance(found, StoredModule):
        return found.tensors()
    if isinstance(found, Mapping):
        return {str(name): part.detach() for name, part in found.items() if isinstance(part, Tensor)}
    raise PaintError(f"{file.name} holds no module.")
