"""A picture as its spectrum: rfft2 coefficients, damped by frequency, in decorrelated colours.

Every number touches the whole picture, and a step of equal size in each gives the 1/f fall-off of natural
pictures (Olah, Mordvintsev & Schubert 2017, Feature Visualization; aphantasia's FFT generator).
"""

from __future__ import annotations

import math
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from dreamrender.canvas import resized, scaled
from dreamrender.canvases.levels import COLOURS
from dreamrender.types import Image

LARGEST = 512
"""Longest short side of the spectrum; a larger picture is scaled up from it."""


class Fourier:
    """Coefficients (3, height, width // 2 + 1, 2), real and imaginary, times `damping`.

    The damping is scaled so that unit normal coefficients give planes of standard deviation 1.
    """

    def __init__(self, spectrum: Tensor, height: int, width: int, decay: float) -> None:
        self.height, self.width = height, width
        self.size = height, width
        """What it is steered at."""
        self.spectrum = spectrum.detach().clone().requires_grad_()
        self._damping = damping(height, width, decay).to(spectrum.device)
        self._colours = torch.tensor(COLOURS, device=spectrum.device)

    @classmethod
    def drawn(
        cls, height: int, width: int, generator: torch.Generator, spread: float = 0.1, decay: float = 1.5
    ) -> Fourier:
        """Grey with soft coloured clouds: planes of standard deviation `spread`."""
        height, width = bounded(height, width)
        shape = (3, height, width // 2 + 1, 2)
        drawn = torch.randn(shape, generator=generator, device=generator.device)
        return cls(spread * drawn, height, width, decay)

    @classmethod
    def of(cls, image: Image, decay: float = 1.5) -> Fourier:
        """The spectrum of a picture."""
        image = resized(image, *bounded(*image.shape[-2:]))
        height, width = image.shape[-2:]
        inverse = torch.linalg.inv(torch.tensor(COLOURS, device=image.device))
        planes = torch.einsum("ij,jhw->ihw", inverse, torch.logit(image, eps=0.01))
        spectrum = torch.fft.rfft2(planes, norm="ortho") / damping(height, width, decay).to(image.device)
        return cls(torch.view_as_real(spectrum), height, width, decay)

    def parameters(self) -> list[dict[str, Any]]:
        """The spectrum."""
        return [{"params": [self.spectrum], "lr": 1.0}]

    def image(self) -> Image:
        """The picture of the spectrum, squeezed into (0, 1) by a sigmoid."""
        spectrum = lowest(torch.view_as_complex(self.spectrum) * self._damping, self.size)
        smaller = math.sqrt(math.prod(self.size) / (self.height * self.width))
        planes = torch.fft.irfft2(smaller * spectrum, s=self.size, norm="ortho")
        return torch.sigmoid(torch.einsum("ij,jhw->ihw", self._colours, planes))

    def scale(self, share: float) -> bool:
        """Higher frequencies wait as they are; no gradient reaches them."""
        self.size = scaled(self.height, self.width, share)
        return False

    def prepare(self, t: float) -> bool:
        """Nothing changes on the way."""
        return False

    def settle(self) -> None:
        """Leaves may be anywhere."""


def lowest(spectrum: Tensor, size: tuple[int, int]) -> Tensor:
    """The coefficients (3, h, w // 2 + 1) that a smaller picture of size (h, w) can show."""
    height, width = size
    if height == spectrum.shape[1]:
        return spectrum[:, :, : width // 2 + 1]
    upper, lower = spectrum[:, : (height + 1) // 2], spectrum[:, spectrum.shape[1] - height // 2 :]
    return torch.cat([upper, lower], 1)[:, :, : width // 2 + 1]


def damping(height: int, width: int, decay: float) -> Float[Tensor, "height half"]:
    """1 / frequency^decay of each coefficient, the lowest as strong as the second lowest, (h, w // 2 + 1)."""
    down = torch.fft.fftfreq(height)[:, None]
    across = torch.fft.rfftfreq(width)[None]
    frequency = (down.square() + across.square()).sqrt()
    scale = frequency.clamp_min(1 / max(height, width)) ** -decay
    # Real and imaginary parts, each with its mirror image; columns that are their own count less.
    counts = torch.full((width // 2 + 1,), 4.0)
    counts[0] = 1
    if width % 2 == 0:
        counts[-1] = 1
    energy = (counts * scale.square()).sum() / (height * width)
    damped: Tensor = scale / energy.sqrt()
    return damped


def bounded(height: int, width: int) -> tuple[int, int]:
    """A size with the same proportions whose short side is at most `LARGEST`."""
    scale = min(1.0, LARGEST / min(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))
