"""A picture as pen strokes: open paths of cubic Bézier curves, each with a colour, an opacity and a width.

CLIPDraw's canvas (Frans, Soros & Witkowski 2021). Lengths are in `UNITS` to the picture's short side, so the
published learning rates hold at every size.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor

from dreamrender.canvas import scaled
from dreamrender.canvases.rasteriser import EDGE, Ink, rasterise, rasterised_in_bands
from dreamrender.types import Image

UNITS = 224.0
"""Short side of the picture: CLIPDraw's canvas in pixels."""
STRIDE = 0.1
"""How far a control point may lie from the one before, each way, of the short side."""
SAMPLES = 8
"""Straight pieces of a curve, for steering; the finished picture has three times as many."""
THINNEST, WIDEST = 1.0, 50.0
"""Bounds of a stroke's width in units."""


class Strokes:
    """Strokes on white paper, the first one lowest; steered at a short side of at most `working` pixels."""

    def __init__(
        self, points: Tensor, widths: Tensor, colours: Tensor, height: int, width: int, working: int = 160
    ) -> None:
        self.height, self.width = height, width
        self._largest = min(1.0, working / min(height, width))
        self.working = scaled(height, width, self._largest)
        self.points, self.widths, self.colours = map(_leaf, (points, widths, colours))
        self._paper = torch.ones(3, device=points.device)

    @classmethod
    def drawn(
        cls, height: int, width: int, generator: torch.Generator, *, count: int, curves: int, pen: float
    ) -> Strokes:
        """Strokes that start anywhere and wander, of any colour and opacity, as wide as the pen."""
        points = wandering(count, curves, extent(height, width), generator)
        colours = torch.rand(count, 4, generator=generator, device=generator.device)
        return cls(points, torch.full_like(colours[:, 0], pen), colours, height, width)

    @classmethod
    def of(cls, image: Image, generator: torch.Generator, *, count: int, curves: int) -> Strokes:
        """A picture brushed in: the first half of the strokes wide enough to cover it, the rest finer."""
        height, width = image.shape[-2:]
        points = wandering(count, curves, extent(height, width), generator)
        first, wanderings = points[:, :1], points - points[:, :1]
        half = count // 2
        first = torch.cat(
            [_grid(half, extent(height, width)).to(points.device)[:, None] * UNITS, first[half:]]
        )
        shrink = torch.linspace(0.5, 0.25, count, device=points.device)[:, None, None]
        points = first + wanderings * shrink
        pen = float((2.2 * extent(height, width).prod() / half).sqrt()) * UNITS
        widths = torch.full((count,), pen, device=points.device)
        widths[half:] *= torch.linspace(0.5, 0.15, count - half, device=points.device)
        middle = points.mean(1) / UNITS * min(height, width)
        x = middle[:, 0].long().clamp(0, width - 1)
        y = middle[:, 1].long().clamp(0, height - 1)
        colours = torch.cat([image[:, y, x].T, torch.full((count, 1), 0.95, device=points.device)], 1)
        return cls(points, widths.clamp(THINNEST, WIDEST), colours, height, width)

    def parameters(self) -> list[dict[str, Any]]:
        """Points, widths and colours, with CLIPDraw's three rates."""
        return [
            {"params": [self.points], "lr": 1.0},
            {"params": [self.widths], "lr": 0.1},
            {"params": [self.colours], "lr": 0.01},
        ]

    def image(self) -> Image:
        """The strokes at working size."""
        return rasterise(self.ink(min(self.working), SAMPLES), *self.working, self._paper, EDGE)

    def rendered(self, height: int, width: int) -> Image:
        """The strokes at any size, sharp."""
        ink = self.ink(min(height, width), 3 * SAMPLES)
        return rasterised_in_bands(ink, height, width, self._paper).clamp(0, 1)

    def ink(self, short: int, samples: int) -> Ink:
        """The strokes as polylines in pixels of a picture with that short side."""
        scale = short / UNITS
        return Ink(polylines(self.points, samples) * scale, self.widths * scale, self.colours.clamp(0, 1))

    def scale(self, share: float) -> bool:
        """A share of the working size; strokes have none."""
        self.working = scaled(self.height, self.width, self._largest * share)
        return False

    def prepare(self, t: float) -> bool:
        """Nothing changes on the way."""
        return False

    def settle(self) -> None:
        """Widths and colours stay in their bounds, as in CLIPDraw."""
        with torch.no_grad():
            self.widths.clamp_(THINNEST, WIDEST)
            self.colours.clamp_(0, 1)

    @torch.no_grad()
    def svg(self) -> str:
        """The strokes as an SVG file of the recipe's size."""
        scale = min(self.height, self.width) / UNITS
        paths = [
            _path(*values)
            for values in zip(
                (self.points * scale).tolist(),
                (self.widths * scale).tolist(),
                self.colours.tolist(),
                strict=True,
            )
        ]
        size = f'width="{self.width}" height="{self.height}" viewBox="0 0 {self.width} {self.height}"'
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
                '<rect width="100%" height="100%" fill="white"/>',
                '<g fill="none" stroke-linecap="round" stroke-linejoin="round">',
                *paths,
                "</g>",
                "</svg>\n",
            ]
        )


def wandering(
    count: int, curves: int, extent: Float[Tensor, " 2"], generator: torch.Generator
) -> Float[Tensor, "count points 2"]:
    """Control points, 3 · curves + 1 a stroke: the first anywhere, each next one near the one before."""
    draw = torch.rand((count, 3 * curves + 1, 2), generator=generator, device=generator.device)
    moves = STRIDE * (2 * draw - 1)
    moves[:, 0] = draw[:, 0] * extent.to(draw.device)
    return moves.cumsum(1) * UNITS


def polylines(points: Float[Tensor, "strokes points 2"], samples: int) -> Float[Tensor, "strokes samples 2"]:
    """Places along the curves, `samples` straight pieces a curve."""
    curves = (points.shape[1] - 1) // 3
    controls = torch.stack([points[:, n : n + 3 * curves : 3] for n in range(3)] + [points[:, 3::3]], 2)
    t = torch.arange(samples, device=points.device) / samples
    bernstein = torch.stack([(1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3])  # (4, samples)
    places = torch.einsum("kt,sckx->sctx", bernstein, controls).flatten(1, 2)
    return torch.cat([places, points[:, -1:]], 1)


def extent(height: int, width: int) -> Float[Tensor, " 2"]:
    """Width and height of a picture, of its short side."""
    return torch.tensor([width, height]) / min(height, width)


def _grid(count: int, extent: Float[Tensor, " 2"]) -> Float[Tensor, "count 2"]:
    """Places spread evenly over a picture: a golden-ratio lattice."""
    index = torch.arange(count)
    return torch.stack([(index * 0.6180339887) % 1, (index + 0.5) / count], 1) * extent


def _path(points: list[list[float]], width: float, colour: list[float]) -> str:
    (x, y), *rest = points
    curves = " ".join(f"{x:.2f} {y:.2f}" for x, y in rest)
    red, green, blue = (round(255 * channel) for channel in colour[:3])
    return (
        f'<path d="M {x:.2f} {y:.2f} C {curves}" stroke="rgb({red},{green},{blue})" '
        f'stroke-opacity="{colour[3]:.3f}" stroke-width="{width:.2f}"/>'
    )


def _leaf(numbers: Tensor) -> Tensor:
    return numbers.detach().clone().requires_grad_()
