"""A picture as a function: a network of sines that gives the colour of any point.

SIREN (Sitzmann et al. 2020), as Deep Daze steers it: no pixels anywhere, so any output size. It is steered at
a low working resolution, whose grid is shifted a little each step so that what lies between is seen too.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from dreamrender.canvas import clamp_with_gradient, scaled
from dreamrender.canvases.levels import COLOURS
from dreamrender.types import Image

W0 = 30.0
"""Frequency of the sines."""
COLOUR_RATE = 8.0
"""Learning rate of the last layer, of the others'."""
CHUNK = 1 << 16
"""Points evaluated at once when the picture is drawn at full size."""

Points = Float[Tensor, "points 2"]
"""Places (x, y); the shorter side of the picture spans [-1, 1]."""


class Siren:
    """Sine layers 2 → hidden × layers → 3 decorrelated colours.

    Steered on a grid whose short side is at most `working` pixels.
    """

    def __init__(
        self,
        height: int,
        width: int,
        generator: torch.Generator,
        *,
        hidden: int = 128,
        layers: int = 5,
        working: int = 144,
    ) -> None:
        self.height, self.width = height, width
        self._largest = min(1.0, working / min(height, width))
        self.working = scaled(height, width, self._largest)
        self._generator = generator
        self._shift = torch.zeros(2, device=generator.device)
        self._colours = torch.tensor(COLOURS, device=generator.device)
        self.layers = drawn_layers([2, *[hidden] * layers, 3], generator)

    def parameters(self) -> list[dict[str, Any]]:
        """The sine layers; and the last one, `COLOUR_RATE` times as fast: it only mixes colours."""
        *inner, last = self.layers
        return [
            {"params": [tensor for layer in inner for tensor in layer], "lr": 1.0},
            {"params": [*last], "lr": COLOUR_RATE},
        ]

    def at(self, points: Points) -> Float[Tensor, "points 3"]:
        """Raw colours of points, [0, 1] is the visible range."""
        (*inner, (weight, bias)) = self.layers
        x = points
        for sine_weight, sine_bias in inner:
            x = torch.sin(W0 * F.linear(x, sine_weight, sine_bias))
        return 0.5 + F.linear(x, weight, bias) @ self._colours.T

    def image(self) -> Image:
        """The picture at working size, (3, h, w)."""
        return clamp_with_gradient(self.unclamped())

    def unclamped(self) -> Image:
        """What the network says, at working size."""
        height, width = self.working
        return self.at(self._grid(height, width, self._shift)).T.view(3, height, width)

    @torch.no_grad()
    def rendered(self, height: int, width: int) -> Image:
        """The picture at any size, (3, height, width)."""
        points = self._grid(height, width, torch.zeros_like(self._shift))
        colours = torch.cat([self.at(chunk) for chunk in torch.split(points, CHUNK)])
        return colours.T.reshape(3, height, width).clamp(0, 1)

    def prime(self, image: Image, steps: int = 150, points: int = 4096, rate: float = 1e-3) -> None:
        """Learn a picture: Adam on the squared error at random places."""
        height, width = image.shape[-2:]
        places = self._grid(height, width, torch.zeros_like(self._shift))
        colours = image.reshape(3, -1).T
        optimiser = torch.optim.Adam([tensor for layer in self.layers for tensor in layer])
        shape = (min(points, len(places)),)
        for step in range(steps):
            some = torch.randint(len(places), shape, generator=self._generator, device=places.device)
            loss = F.mse_loss(self.at(places[some]), colours[some])
            optimiser.param_groups[0]["lr"] = rate * (1 - step / steps)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        optimiser.zero_grad(set_to_none=True)

    def scale(self, share: float) -> bool:
        """A share of the working size; the network has none."""
        self.working = scaled(self.height, self.width, self._largest * share)
        return False

    def prepare(self, t: float) -> bool:
        """Shift the grid by up to half a pixel each way."""
        device = self._generator.device
        self._shift = torch.rand(2, generator=self._generator, device=device) - 0.5
        return False

    def settle(self) -> None:
        """Between steps the grid lies where it belongs."""
        self._shift = torch.zeros_like(self._shift)

    def _grid(self, height: int, width: int, shift: Tensor) -> Points:
        """The pixel centres of a picture, shifted by so many pixels, row by row."""
        device, short = shift.device, min(self.height, self.width)
        x = (2 * (torch.arange(width, device=device) + 0.5 + shift[0]) / width - 1) * (self.width / short)
        y = (2 * (torch.arange(height, device=device) + 0.5 + shift[1]) / height - 1) * (self.height / short)
        return torch.stack(torch.meshgrid(x, y, indexing="xy"), -1).view(-1, 2)


def drawn_layers(sizes: list[int], generator: torch.Generator) -> list[tuple[Tensor, Tensor]]:
    """Weights and biases as SIREN begins: U(±1/in) first, U(±√(6/in)/w0) after (Sitzmann et al., §3.2)."""
    layers = []
    for index, (inputs, outputs) in enumerate(pairwise(sizes)):
        bound = 1 / inputs if index == 0 else math.sqrt(6 / inputs) / W0
        weight, bias = (
            (bound * (2 * torch.rand(shape, generator=generator, device=generator.device) - 1))
            for shape in ((outputs, inputs), (outputs,))
        )
        layers.append((weight.requires_grad_(), bias.requires_grad_()))
    return layers
