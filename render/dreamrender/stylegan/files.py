"""Loading generators by their name in the catalogue, and what painting needs to know of their styles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from jaxtyping import Float
from pydantic import ValidationError
from torch import Tensor

from dreamqueue.errors import PaintError
from dreamqueue.memory import of_model
from dreamrender.fetched import fetched
from dreamrender.residents import residents_on
from dreamrender.stored import StoredModule, filled
from dreamrender.stylegan import three, two
from dreamrender.stylegan.pickles import read_generator
from dreamrender.types import Image

SAMPLES = 4096
"""Random styles that their spread is measured on."""


@dataclass(frozen=True)
class Generator:
    """A frozen StyleGAN."""

    model: two.StyleGAN2 | three.StyleGAN3
    spread: Float[Tensor, " w"]
    """Standard deviation of each number of a style."""

    def to(self, device: str | torch.device) -> Generator:
        """It on another device."""
        return replace(self, model=self.model.to(device), spread=self.spread.to(device))

    @property
    def rows(self) -> int:
        """Styles that a picture takes, one a layer."""
        return self.model.synthesis.rows

    @property
    def mean(self) -> Float[Tensor, " w"]:
        """The average style."""
        found: Tensor = self.model.mapping.w_avg
        return found

    def paint(self, styles: Float[Tensor, "rows w"]) -> Image:
        """RGB about [0, 1]."""
        image: Tensor = (self.model.synthesis(styles)[0] + 1) / 2
        return image

    @torch.no_grad()
    def styles(self, count: int, generator: torch.Generator) -> Float[Tensor, "count w"]:
        """Random ones, as the mapping network makes them."""
        mapping = self.model.mapping
        shape = (count, mapping.z)
        made: Tensor = mapping(torch.randn(shape, generator=generator, device=generator.device))
        return made


def load_stylegan(name: str, device: str = "cpu") -> Generator:
    """The generator of a catalogue entry; raises PaintError if it is not here."""

    def load() -> Generator:
        (file,) = fetched(name, ".pkl")
        return load_generator(file, device)

    return residents_on(device).take(name, load, of_model(name))


def load_generator(file: Path, device: str | torch.device = "cpu") -> Generator:
    """A frozen generator from NVIDIA's network pickle; raises PaintError."""
    network = read_generator(file)
    stored = network.tensors()
    with torch.device("meta"):
        if "synthesis.input.freqs" in stored:
            empty: two.StyleGAN2 | three.StyleGAN3 = three.StyleGAN3(_third(network, file.name))
        else:
            empty = two.StyleGAN2(two.Shape.of(stored, file.name, _loudest(network)))
    model = filled(empty, stored, file.name, device)
    unit = torch.zeros(model.mapping.w_avg.shape)
    found = Generator(model, unit)
    spread = found.styles(SAMPLES, torch.Generator(device).manual_seed(0)).std(0)
    return Generator(model, spread)


def _third(network: StoredModule, file: str) -> three.Shape:
    given = network.held.get("_init_kwargs")
    sizes = {name: network.held[name] for name in three.SIZES if name in network.held}
    try:
        return three.Shape.model_validate({**sizes, **given} if isinstance(given, dict) else sizes)
    except ValidationError as error:
        what = error.errors()[0]
        place = ".".join(map(str, what["loc"])) or "all of it"
        raise PaintError(f"{file} holds no StyleGAN3 that I know: {place}: {what['msg']}.") from error


def _loudest(network: StoredModule) -> float:
    """The clamp that the first layer of a StyleGAN2 was made with."""
    found: object = network
    for name in ("synthesis", "b4", "conv1"):
        children = found.held.get("_modules") if isinstance(found, StoredModule) else None
        found = children.get(name) if isinstance(children, Mapping) else None
    clamp = found.held.get("conv_clamp") if isinstance(found, StoredModule) else None
    return float(clamp) if isinstance(clamp, int | float) and clamp > 0 else float("inf")
