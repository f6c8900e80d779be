"""Small generators in the file formats of the published ones: same names, same wrapping, random numbers."""

from __future__ import annotations

import json
import pickle
import sys
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy
import torch
from torch import nn

from dreamrender.biggan import BigGAN
from dreamrender.biggan import Shape as BigGANShape
from dreamrender.dvae import MARGIN, Decoder, Encoder, Shape
from dreamrender.stylegan import three, two

BIGGAN = {
    "attention_layer_position": 1,
    "channel_width": 16,
    "class_embed_dim": 16,
    "eps": 0.0001,
    "layers": [[False, 4, 4], [True, 4, 4], [True, 4, 2], [True, 2, 1]],
    "n_stats": 51,
    "num_classes": 20,
    "output_dim": 32,
    "z_dim": 16,
}
TWO = two.Shape(z=16, w=16, mapping=2, channels=(24, 24, 16, 8), loudest=256.0)
THREE = {
    "z_dim": 16,
    "c_dim": 0,
    "w_dim": 16,
    "img_resolution": 16,
    "img_channels": 3,
    "mapping_kwargs": {"num_layers": 2},
    "channel_base": 128,
    "channel_max": 24,
    "num_layers": 4,
    "margin_size": 2,
    "magnitude_ema_beta": 0.999,
}
STEPS = 6
"""Steps of each colour among the dVAE's codes."""

TOUCH = "import pathlib; pathlib.Path('harmed').touch()\n"
"""Source code that lies in network pickles, to be run by who reads them without care."""


def seeded(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


# --- BigGAN


def biggan() -> BigGAN:
    """32 px, 20 classes. Its weights are of singular value 1 already."""
    model, generator = BigGAN(BigGANShape.model_validate(BIGGAN)), seeded()
    for name, part in model.state_dict().items():
        if name.endswith("running_means"):
            part.copy_(0.2 * torch.randn(part.shape, generator=generator))
        elif name.endswith("running_vars"):
            part.copy_(0.5 + torch.rand(part.shape, generator=generator))
        elif part.ndim > 1:
            part.copy_(torch.randn(part.shape, generator=generator))
            gain = 4.0 if "gen_z" in name else 2.0 if "conv" in name else 0.5 if "embeddings" in name else 1.0
            part.mul_(gain / torch.linalg.matrix_norm(part.flatten(1), 2))
        elif name.endswith("gamma"):
            part.fill_(0.5)
        elif name.endswith("bn.weight"):
            part.fill_(1.0)
        else:
            part.copy_(0.1 * torch.randn(part.shape, generator=generator))
    return model.eval().requires_grad_(False)


def published_biggan(model: BigGAN) -> dict[str, torch.Tensor]:
    """The state dict that `torch.nn.utils.spectral_norm` leaves: a weight in parts, not yet divided."""
    stored = OrderedDict()
    for name, part in model.state_dict().items():
        if part.ndim < 2 or name.endswith(("running_means", "running_vars", "embeddings.weight")):
            stored[name] = part
            continue
        u, s, v = torch.linalg.svd(part.flatten(1), full_matrices=False)
        stored[f"{name}_orig"] = part * 3 / s[0] * s[0]
        stored[f"{name}_u"], stored[f"{name}_v"] = u[:, 0] * s[0].reciprocal(), v[0]
    return stored


def write_biggan(weights: Path, config: Path, model: BigGAN) -> None:
    """As pytorch-pretrained-biggan has them: torch's format of 2019, and JSON."""
    torch.save(published_biggan(model), weights, _use_new_zipfile_serialization=False)
    config.write_text(json.dumps(BIGGAN, indent=2, sort_keys=True) + "\n")


# --- dVAE


def colours() -> torch.Tensor:
    """(codes, 3): the colours that the codes of the small dVAE stand for, as it maps them."""
    steps = torch.linspace(MARGIN, 1 - MARGIN, STEPS)
    return torch.cartesian_prod(steps, steps, steps)


def dvae() -> tuple[Encoder, Decoder]:
    """One code a colour, 216 in all: flat pictures come back nearly as they were, with some noise."""
    codes = len(colours())
    encoder = Encoder(Shape(start=8, widths=(8, 16, 16, 24), end=codes, blocks=1))
    decoder = Decoder(Shape(start=8, widths=(24, 16, 16, 8), end=6, blocks=1), codes)
    generator = seeded()
    with torch.no_grad():
        for half in (encoder, decoder):
            for name, part in half.named_parameters():
                part.copy_(0.05 * torch.randn(part.shape, generator=generator))
                if name.endswith("id_path.w"):
                    part.zero_()[:3, :3, 0, 0] = torch.eye(3)
                if name.endswith("id_path.b"):
                    part.zero_()
        first, last = encoder.blocks.input, encoder.blocks.output.conv
        first.w[:3].zero_()
        first.w[:3, :, 3, 3] = torch.eye(3)
        first.b[:3].zero_()
        last.w[:, 3:].zero_()
        last.w[:, :3, 0, 0] = 600 * colours()
        last.b.copy_(-300 * colours().square().sum(1))
        first, last = decoder.blocks.input, decoder.blocks.output.conv
        first.w[:3, :, 0, 0] = (colours().logit() + 3).T
        first.b[:3].zero_()
        last.w[:3].zero_()
        last.w[:3, :3, 0, 0] = torch.eye(3)
        last.b[:3] = -3
    return encoder, decoder


@contextmanager
def openais_classes() -> Iterator[type[nn.Module]]:
    """Inside, `dall_e` can be imported; a file that names its classes can only be written then."""
    names = {
        "encoder": ("Encoder", "EncoderBlock"),
        "decoder": ("Decoder", "DecoderBlock"),
        "utils": ("Conv2d",),
    }
    modules = {"dall_e": ModuleType("dall_e")}
    for module, classes in names.items():
        made = ModuleType(f"dall_e.{module}")
        for name in classes:
            setattr(made, name, type(name, (nn.Module,), {"__module__": made.__name__}))
        modules[made.__name__] = made
    sys.modules.update(modules)
    try:
        yield nn.Module
    finally:
        for name in modules:
            del sys.modules[name]


def as_openais(part: nn.Module, half: str, top: bool = True) -> nn.Module:
    """The same module in OpenAI's classes, with the attributes that lie in their files."""
    names = {"Encoder": half, "Decoder": half, "Block": f"{half}Block", "Conv": "Conv2d"}
    name = names.get(type(part).__name__)
    if name is None:
        made: nn.Module = type(part)() if not isinstance(part, nn.MaxPool2d) else nn.MaxPool2d(2)
        if isinstance(part, nn.Upsample):
            made = nn.Upsample(scale_factor=2)
    else:
        module = "utils" if name == "Conv2d" else half.lower()
        made = getattr(sys.modules[f"dall_e.{module}"], name)()
        made.device, made.use_float16 = torch.device("cpu"), True
    for own, parameter in part.named_parameters(recurse=False):
        made.register_parameter(own, nn.Parameter(parameter.detach().clone(), requires_grad=False))
    for child, inner in part.named_children():
        made.add_module(child, as_openais(inner, half, top=False))
    return made


def write_dvae(encoder: Path, decoder: Path) -> None:
    """Whole pickled modules, as OpenAI publishes them."""
    ours = dvae()
    with openais_classes():
        for path, half, kind in zip((encoder, decoder), ours, ("Encoder", "Decoder"), strict=True):
            torch.save(as_openais(half, kind), path)


# --- StyleGAN


def shaken(model: nn.Module) -> None:
    """Random weights of unit spread, as a StyleGAN's are before training; filters that blur a little."""
    generator = seeded()
    for name, part in model.state_dict().items():
        if name.endswith("resample_filter"):
            part.copy_(torch.outer(torch.tensor([1.0, 3, 3, 1]), torch.tensor([1.0, 3, 3, 1])) / 64)
        elif name.endswith("_filter"):
            window = torch.hann_window(part.shape[0] + 2, periodic=False)[1:-1]
            window = window / window.sum()
            part.copy_(window if part.ndim == 1 else torch.outer(window, window))
        elif name.endswith("magnitude_ema"):
            part.fill_(1.0)
        elif name.endswith("transform"):
            part.copy_(torch.eye(3))
        elif name.endswith("noise_strength"):
            part.fill_(0.05)
        else:
            part.copy_(torch.randn(part.shape, generator=generator))
            if name.endswith("affine.bias"):
                part.add_(1)
            if name.startswith("mapping.fc"):
                part.mul_(100 if name.endswith("weight") else 10)
            if "torgb" in name or name.endswith("freqs"):
                part.mul_(0.5)
            if name.endswith("input.affine.bias"):
                part.copy_(torch.tensor([1.0, 0, 0, 0]))
            if name.endswith("input.affine.weight"):
                part.mul_(0.2)


def stylegan(kind: str = "2") -> two.StyleGAN2 | three.StyleGAN3:
    """`2`, `t` or `r`."""
    if kind == "2":
        made: two.StyleGAN2 | three.StyleGAN3 = two.StyleGAN2(TWO)
    else:
        made = three.StyleGAN3(three.Shape.model_validate(settings(kind)))
    with torch.no_grad():
        shaken(made)
    return made.eval()


def settings(kind: str) -> dict[str, Any]:
    """The arguments that a generator is made with."""
    if kind == "2":
        return {"z_dim": 16, "c_dim": 0, "w_dim": 16, "img_resolution": 32, "img_channels": 3}
    return THREE if kind == "t" else {**THREE, "conv_kernel": 1, "use_radial_filters": True}


def _persistent(meta: object) -> None:
    raise AssertionError("only for writing")


class EasyDict(dict[str, Any]):
    """Lies in network pickles beside the networks."""


class Persistent:
    """A module as NVIDIA's `persistence` pickles it: its source and its state."""

    def __init__(self, part: nn.Module, source: str, **more: object) -> None:
        children = OrderedDict((n, Persistent(child, source)) for n, child in part.named_children())
        plain = {name: value for name, value in part.__dict__.items() if name.startswith("_")}
        state = {**plain, "_modules": children, "training": False, "conv_clamp": 256, "size": sides(), **more}
        name = type(part).__name__
        meta = {"type": "class", "version": 6, "module_src": source, "class_name": name, "state": state}
        self.meta = meta

    def __reduce__(self) -> tuple[Any, ...]:
        return _persistent, (self.meta,), None, None, None


def sides() -> object:
    """The kind of array that describes a layer's size there."""
    return numpy.broadcast_to(numpy.asarray(36), [2])


def write_stylegan(
    path: Path, kind: str, source: str = TOUCH, more: Mapping[str, object] | None = None
) -> None:
    """A network pickle as stylegan2-ada-pytorch and stylegan3 write it."""
    network = Persistent(stylegan(kind), source, **settings(kind), _init_args=(), _init_kwargs=settings(kind))
    modules = {
        name: ModuleType(name) for name in ("torch_utils", "torch_utils.persistence", "dnnlib", "dnnlib.util")
    }
    modules["torch_utils.persistence"]._reconstruct_persistent_obj = _persistent
    modules["dnnlib.util"].EasyDict = EasyDict
    names = (_persistent.__name__, _persistent.__qualname__, _persistent.__module__, EasyDict.__module__)
    _persistent.__name__ = _persistent.__qualname__ = "_reconstruct_persistent_obj"
    _persistent.__module__, EasyDict.__module__ = "torch_utils.persistence", "dnnlib.util"
    sys.modules.update(modules)
    try:
        held = {
            "training_set_kwargs": EasyDict(path="x"),
            "G": None,
            "D": None,
            "G_ema": network,
            **(more or {}),
        }
        path.write_bytes(pickle.dumps(held, protocol=4))
    finally:
        _persistent.__name__, _persistent.__qualname__, _persistent.__module__, EasyDict.__module__ = names
        for name in modules:
            del sys.modules[name]


def write_all(folder: Path, names: Collection[str] = ("bigsleep", "dvae", "stylegan")) -> None:
    """A file for every entry of the catalogue that one of these painters may ask for."""
    folder.mkdir(parents=True, exist_ok=True)
    if "bigsleep" in names:
        model = biggan()
        for side in (128, 256, 512):
            stem = f"bigsleep-deep-{side}"
            write_biggan(folder / f"{stem}.bin", folder / f"{stem}.json", model)
    if "dvae" in names:
        write_dvae(folder / "dvae-openai-encoder.pkl", folder / "dvae-openai-decoder.pkl")
    if "stylegan" in names:
        for name in ("ffhq-256", "afhqv2-512", "metfaces-1024"):
            write_stylegan(folder / f"stylegan-{name}.pkl", "2")
        write_stylegan(folder / "stylegan-t-ffhqu-256.pkl", "t")
        write_stylegan(folder / "stylegan-r-afhqv2-512.pkl", "r")
