"""Reading BigGANs: `pytorch_model.bin` and `config.json` of pytorch-pretrained-biggan. Nothing is run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import torch
from pydantic import ValidationError
from torch import Tensor
from torch.nn import functional as F

from dreamqueue.errors import PaintError
from dreamqueue.memory import of_model
from dreamrender.biggan import BigGAN, Shape
from dreamrender.fetched import fetched
from dreamrender.residents import residents_on
from dreamrender.stored import filled, read_tensors

ORIGINAL = ".weight_orig"


def load_bigsleep(name: str, device: str = "cpu") -> BigGAN:
    """The BigGAN of a catalogue entry; raises PaintError if its files are not here."""

    def load() -> BigGAN:
        weights, config = fetched(name, ".bin", ".json")
        return load_biggan(weights, config, device)

    return residents_on(device).take(name, load, of_model(name))


def load_biggan(weights: Path, config: Path, device: str | torch.device = "cpu") -> BigGAN:
    """A frozen BigGAN from its two files; raises PaintError."""
    shape = read_shape(config)
    stored = read_tensors(weights)
    with torch.device("meta"):
        empty = BigGAN(shape)
    return filled(empty, {**stored, **normalised(stored, shape.eps)}, weights.name, device)


def read_shape(path: Path) -> Shape:
    """The BigGAN that a configuration describes."""
    try:
        return Shape.model_validate_json(path.read_bytes())
    except OSError as error:
        raise PaintError(f"The configuration {path.name} cannot be read.") from error
    except ValidationError as error:
        what = error.errors()[0]
        place = ".".join(map(str, what["loc"])) or "all of it"
        raise PaintError(f"{path.name} describes no BigGAN that I know: {place}: {what['msg']}.") from error


def normalised(stored: Mapping[str, Tensor], eps: float) -> dict[str, Tensor]:
    """Weights over their largest singular value, as torch's `spectral_norm` has them when evaluated.

    It is uᵀ·W·v (Miyato et al. 2018). The oldest files keep no v: then v = Wᵀu, of length 1.
    """
    made = {}
    for name, weight in stored.items():
        base = name.removesuffix(ORIGINAL)
        if base == name or weight.ndim < 2:
            continue
        matrix, u = weight.float().flatten(1), stored.get(f"{base}.weight_u")
        if u is None or u.shape != matrix.shape[:1]:
            raise PaintError(f"{base}.weight_u is missing or has another size than its weight.")
        v = stored.get(f"{base}.weight_v", F.normalize(matrix.T @ u.float(), dim=0, eps=eps))
        if v.shape != matrix.shape[1:]:
            raise PaintError(f"{base}.weight_v has another size than its weight.")
        made[f"{base}.weight"] = weight / torch.dot(u.float(), matrix @ v.float())
    return made
