"""A differentiable rasteriser for open strokes of round pens, in plain torch.

What diffvg (Li et al. 2020) does for CLIPDraw: curves are cut into short straight pieces, the distance to the
nearest one says how much of a pixel the stroke covers (so its edge is anti-aliased and can be pushed), and
strokes lie over one another in order. Only pieces that may touch a tile of the picture are measured there, so
time and memory grow with the ink.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float, Int
from torch import Tensor

from dreamrender.types import Image

TILE = 16
"""Side of a tile in pixels."""
EDGE = 1.0
"""Half the width of a stroke's soft edge in pixels. ½ is a box filter; wider ones feel more pushes."""


@dataclass(frozen=True)
class Ink:
    """Strokes in pixels of the picture to draw, the first one lowest."""

    points: Float[Tensor, "strokes samples 2"]
    """Polylines, (x, y)."""
    widths: Float[Tensor, " strokes"]
    colours: Float[Tensor, "strokes 4"]
    """RGB and opacity in [0, 1]."""


def rasterise(ink: Ink, height: int, width: int, paper: Float[Tensor, " 3"], edge: float = EDGE) -> Image:
    """The strokes over the paper's colour, (3, height, width), differentiable in all of the ink."""
    across, down = -(-width // TILE), -(-height // TILE)
    pieces, tiles = _meetings(ink, across, down, edge)
    strokes = pieces // (ink.points.shape[1] - 1)
    keys, group = torch.unique(tiles * len(ink.points) + strokes, return_inverse=True)
    distance = _distances(ink, pieces, _centres(tiles, across))
    empty = distance.new_full((len(keys), TILE * TILE), float("inf"))
    nearest = empty.scatter_reduce(0, group[:, None].expand_as(distance), distance, "amin")
    tile, stroke = keys // len(ink.points), keys % len(ink.points)
    reach = (ink.widths[stroke, None] / 2 + edge - nearest) / (2 * edge)
    opacity = reach.clamp(0, 1) * ink.colours[stroke, 3:]
    painted = _layered(tile, opacity, ink.colours[stroke, :3], across * down, paper)
    picture = painted.view(down, across, TILE, TILE, 3).permute(4, 0, 2, 1, 3)
    return picture.reshape(3, down * TILE, across * TILE)[:, :height, :width]


@torch.no_grad()
def rasterised_in_bands(
    ink: Ink, height: int, width: int, paper: Float[Tensor, " 3"], edge: float = 0.5, band: int = 4 * TILE
) -> Image:
    """The same without gradient, `band` rows at a time, so that large pictures need little memory."""
    bands = []
    for top in range(0, height, band):
        shifted = Ink(ink.points - ink.points.new_tensor([0.0, top]), ink.widths, ink.colours)
        bands.append(rasterise(shifted, min(band, height - top), width, paper, edge))
    return torch.cat(bands, 1)


@torch.no_grad()
def _meetings(
    ink: Ink, across: int, down: int, edge: float
) -> tuple[Int[Tensor, " meetings"], Int[Tensor, " meetings"]]:
    """Pairs of a piece and a tile that its bounding box, widened by half the pen, touches."""
    ends = torch.stack([ink.points[:, :-1], ink.points[:, 1:]])  # (2, strokes, pieces, 2)
    room = (ink.widths / 2 + edge)[:, None, None]
    limit = ends.new_tensor([across, down])
    low = ((ends.amin(0) - room) / TILE).floor().clamp_min(0).minimum(limit).long().view(-1, 2)
    high = ((ends.amax(0) + room) / TILE).ceil().clamp_min(0).minimum(limit).long().view(-1, 2)
    columns, rows = (high - low).clamp_min(0).unbind(1)
    count = columns * rows
    pieces = torch.arange(len(count), device=count.device).repeat_interleave(count)
    within = torch.arange(len(pieces), device=count.device) - (count.cumsum(0) - count)[pieces]
    row, column = within // columns[pieces], within % columns[pieces]
    return pieces, (low[pieces, 1] + row) * across + low[pieces, 0] + column


def _centres(tiles: Int[Tensor, " n"], across: int) -> Float[Tensor, "n pixels 2"]:
    """Centres of the pixels of tiles, row by row."""
    steps = torch.arange(TILE, device=tiles.device) + 0.5
    inside = torch.stack(torch.meshgrid(steps, steps, indexing="xy"), -1).view(1, -1, 2)
    return inside + TILE * torch.stack([tiles % across, tiles // across], -1)[:, None]


def _distances(
    ink: Ink, pieces: Int[Tensor, " n"], places: Float[Tensor, "n pixels 2"]
) -> Float[Tensor, "n pixels"]:
    """Distance of places to their piece, a straight line between two samples."""
    start = ink.points[:, :-1].reshape(-1, 2)[pieces]
    along = (ink.points[:, 1:] - ink.points[:, :-1]).reshape(-1, 2)[pieces]
    x, y = (places - start[:, None]).unbind(-1)
    dx, dy = along[:, None].unbind(-1)
    share = ((x * dx + y * dy) / (dx.square() + dy.square() + 1e-8)).clamp(0, 1)
    return ((x - share * dx).square() + (y - share * dy).square() + 1e-8).sqrt()


def _layered(
    tile: Int[Tensor, " n"],
    opacity: Float[Tensor, "n pixels"],
    colours: Float[Tensor, "n 3"],
    tiles: int,
    paper: Float[Tensor, " 3"],
) -> Float[Tensor, "tiles pixels 3"]:
    """Layers, sorted by tile and then from the lowest up, over the paper."""
    count = torch.bincount(tile, minlength=tiles)
    depth = torch.arange(len(tile), device=tile.device) - (count.cumsum(0) - count)[tile]
    most = max(1, int(count.max()))
    layers = opacity.new_zeros(tiles, most, TILE * TILE).index_put((tile, depth), opacity)
    shades = colours.new_zeros(tiles, most, 3).index_put((tile, depth), colours)
    clear = torch.log1p(-layers.clamp_max(0.999))
    above = clear.flip(1).cumsum(1).flip(1)  # what shines through this layer and those over it
    share = layers * (above - clear).exp()
    return torch.einsum("tkp,tkc->tpc", share, shades) + above[:, :1].exp().transpose(1, 2) * paper
