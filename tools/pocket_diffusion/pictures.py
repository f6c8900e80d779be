"""The gathered pictures, laid over backgrounds: white, a named colour, a gradient of two, or noise."""

import json
import random
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

SIDE = 128
COLOURS = {
    "red": (214, 40, 40), "green": (60, 160, 70), "blue": (45, 90, 215), "yellow": (250, 220, 70),
    "orange": (245, 150, 45), "purple": (130, 60, 170), "pink": (250, 170, 200), "brown": (125, 80, 45),
    "black": (18, 18, 18), "grey": (140, 140, 140), "turquoise": (60, 200, 195), "dark blue": (20, 30, 90),
    "light blue": (165, 212, 250), "dark green": (15, 80, 40), "light green": (175, 230, 160),
    "beige": (235, 222, 195), "lavender": (205, 190, 245),
}  # fmt: skip

Row = dict[str, object]


class Pictures:
    """Uint8 (N, 4, 128, 128) on disk, and their words."""

    def __init__(self, corpus: Path) -> None:
        self.words: list[Row] = [json.loads(line) for line in (corpus / "words.jsonl").open()]
        stored = np.memmap(corpus / "pictures.bin", dtype=np.uint8, mode="r")
        self.stored = stored.reshape(len(self.words), 4, SIDE, SIDE)

    def __len__(self) -> int:
        return len(self.words)

    def parts(self, indices: list[int]) -> tuple[Tensor, Tensor]:
        """Colours (n, 3, 128, 128) and opacity (n, 1, 128, 128) in [0, 1]."""
        taken = torch.from_numpy(self.stored[indices]).float() / 255
        return taken[:, :3], taken[:, 3:]


def over(colours: Tensor, opacity: Tensor, back: Tensor) -> Tensor:
    """A picture with transparency over a background."""
    return torch.lerp(back, colours, opacity)


def held_out(words: list[Row]) -> set[int]:
    """Every 50th picture: the autoencoder never sees it, and is measured with it."""
    return set(range(7, len(words), 50))


def colour(name: str, chooser: random.Random, spread: float = 0.06) -> Tensor:
    """A shade of a named colour, (3, 1, 1)."""
    shade = torch.tensor(COLOURS[name]).view(3, 1, 1) / 255
    return (shade + torch.tensor([chooser.gauss(0, spread) for _ in range(3)]).view(3, 1, 1)).clamp(0, 1)


def gradient(one: Tensor, other: Tensor, chooser: random.Random, side: int = SIDE) -> Tensor:
    """One colour fading into another, in a line of any direction or outwards, (3, side, side)."""
    places = torch.linspace(-1, 1, side)
    y, x = torch.meshgrid(places, places, indexing="ij")
    if chooser.random() < 0.3:
        share = (x.square() + y.square()).sqrt() / 1.4
    else:
        angle = torch.tensor(chooser.uniform(0, 2 * torch.pi))
        share = (x * angle.cos() + y * angle.sin()) / 2.8 + 0.5
    return torch.lerp(one, other, share)


def clouds(count: int, generator: torch.Generator, side: int = SIDE) -> Tensor:
    """Coloured noise with the spectrum of photographs, 1/f to 1/f², (count, 3, side, side) in [0, 1]."""
    y, x = torch.meshgrid(torch.fft.fftfreq(side), torch.fft.rfftfreq(side), indexing="ij")
    frequency = (x.square() + y.square()).sqrt().clamp(min=1 / side)
    steepness = torch.rand(count, 1, 1, 1, generator=generator) + 0.9
    spectrum = torch.fft.rfft2(torch.randn(count, 3, side, side, generator=generator))
    noise = torch.fft.irfft2(spectrum / frequency.pow(steepness), s=(side, side))
    noise = F.normalize(noise.flatten(1), dim=1).view_as(noise) * (3 * side * side) ** 0.5
    grey = noise.mean(1, keepdim=True)
    mixed = torch.lerp(grey, noise, torch.rand(count, 1, 1, 1, generator=generator))
    levels = torch.rand(count, 3, 1, 1, generator=generator) * 0.7 + 0.15
    contrast = torch.rand(count, 1, 1, 1, generator=generator) * 0.3
    return (levels + contrast * mixed).clamp(0, 1)
