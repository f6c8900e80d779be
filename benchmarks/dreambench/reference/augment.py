"""The cutouts of 2021's most used script: the whole picture pooled, 32 times; then a chain of augmentations.

Each link is a pass of its own over the cuts it was drawn for, as the augmentation library of the script does
it: affine, perspective, colour jitter through HSV, one erased box, noise.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

SHARE = 0.7
"""Of the cuts, how many each link is applied to."""


def pooled_cuts(image: Tensor, count: int, side: int) -> Tensor:
    """(1, 3, H, W) → (count, 3, side, side): mean of average and maximum pooling, each cut anew."""
    cuts = []
    for _ in range(count):
        average, largest = F.adaptive_avg_pool2d(image, side), F.adaptive_max_pool2d(image, side)
        cuts.append((average + largest) / 2)
    return torch.cat(cuts)


def augmented(cuts: Tensor, generator: torch.Generator) -> Tensor:
    """The whole chain, (N, 3, s, s) → the same."""
    count = len(cuts)
    chosen = picked(count, generator)
    cuts = replaced(cuts, chosen, warped(cuts[chosen], affine_maps(len(chosen), generator)))
    chosen = picked(count, generator)
    cuts = replaced(cuts, chosen, warped(cuts[chosen], perspectives(len(chosen), generator)))
    chosen = picked(count, generator)
    cuts = replaced(cuts, chosen, jittered(cuts[chosen], generator))
    chosen = picked(count, generator)
    cuts = replaced(cuts, chosen, erased(cuts[chosen], generator))
    loudness = uniform(0, 0.1, (count, 1, 1, 1), generator)
    noise = torch.randn(cuts.shape, generator=generator, device=cuts.device)
    return cuts + loudness * noise


def uniform(low: float, high: float, shape: tuple[int, ...], generator: torch.Generator) -> Tensor:
    """Drawn between `low` and `high`."""
    return low + (high - low) * torch.rand(shape, generator=generator, device=generator.device)


def picked(count: int, generator: torch.Generator) -> Tensor:
    """Indices of the cuts that a link is applied to."""
    return (uniform(0, 1, (count,), generator) < SHARE).nonzero()[:, 0]


def replaced(cuts: Tensor, chosen: Tensor, changed: Tensor) -> Tensor:
    """All cuts, some of them changed."""
    out = cuts.clone()
    out[chosen] = changed
    return out


def affine_maps(count: int, generator: torch.Generator) -> Tensor:
    """(N, 3, 3): rotation to 15°, shift to a tenth, shear to 5°, in coordinates from -1 to 1."""
    angle = uniform(-math.radians(15), math.radians(15), (count,), generator)
    shear = uniform(-math.radians(5), math.radians(5), (count,), generator)
    x, y = uniform(-0.2, 0.2, (2, count), generator)
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    turn = [torch.stack([angle.cos(), -angle.sin(), x], 1), torch.stack([angle.sin(), angle.cos(), y], 1)]
    last = torch.stack([zero, zero, one], 1)
    slant = [torch.stack([one, shear.tan(), zero], 1), torch.stack([zero, one, zero], 1)]
    return torch.stack([*turn, last], 1) @ torch.stack([*slant, last], 1)


def perspectives(count: int, generator: torch.Generator) -> Tensor:
    """(N, 3, 3): the corners moved inwards by up to .7 of half the side."""
    corners = torch.tensor([[-1.0, -1], [1, -1], [1, 1], [-1, 1]], device=generator.device)
    moved = corners * (1 - 0.7 * uniform(0, 1, (count, 4, 2), generator))
    rows = []
    for corner in range(4):
        (x, y), (u, v) = moved[:, corner].unbind(1), corners[corner]
        zero, one = torch.zeros_like(x), torch.ones_like(x)
        rows.append(torch.stack([x, y, one, zero, zero, zero, -u * x, -u * y], 1))
        rows.append(torch.stack([zero, zero, zero, x, y, one, -v * x, -v * y], 1))
    solved = torch.linalg.solve(torch.stack(rows, 1), corners.reshape(1, 8, 1).expand(count, -1, -1))[..., 0]
    return F.pad(solved, (0, 1), value=1.0).view(count, 3, 3)


def warped(cuts: Tensor, maps: Tensor) -> Tensor:
    """Sampled where (N, 3, 3) maps lead, zeros outside."""
    side = cuts.shape[-1]
    places = (torch.arange(side, device=cuts.device) + 0.5) * 2 / side - 1
    y, x = torch.meshgrid(places, places, indexing="ij")
    points = torch.stack([x, y, torch.ones_like(x)], -1).reshape(1, -1, 3) @ maps.transpose(1, 2)
    grid = (points[..., :2] / points[..., 2:]).view(len(cuts), side, side, 2)
    return F.grid_sample(cuts, grid, padding_mode="zeros", align_corners=False)


def jittered(cuts: Tensor, generator: torch.Generator) -> Tensor:
    """Brightness, contrast, saturation and hue, a tenth either way."""
    count = len(cuts)
    bright, contrast, rich = (uniform(0.9, 1.1, (count, 1, 1, 1), generator) for _ in range(3))
    hue = uniform(-0.1, 0.1, (count, 1, 1), generator)
    cuts = (cuts + bright - 1).clamp(0, 1)
    cuts = (cuts * contrast).clamp(0, 1)
    h, s, v = to_hsv(cuts)
    cuts = to_rgb(h, (s * rich[:, 0]).clamp(0, 1), v)
    h, s, v = to_hsv(cuts)
    return to_rgb((h + hue) % 1, s, v)


def to_hsv(cuts: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue, saturation and value of RGB (N, 3, H, W), each (N, H, W) in [0, 1]."""
    r, g, b = cuts.unbind(1)
    value, most = cuts.max(1)
    spread = value - cuts.min(1).values
    safe = torch.where(spread > 0, spread, torch.ones_like(spread))
    angles = torch.stack([(g - b) / safe, (b - r) / safe + 2, (r - g) / safe + 4], 1)
    hue = angles.gather(1, most[:, None])[:, 0] / 6 % 1
    return hue, spread / (value + 1e-8), value


def to_rgb(hue: Tensor, saturation: Tensor, value: Tensor) -> Tensor:
    """The way back, (N, 3, H, W)."""
    channels = []
    for offset in (5, 3, 1):
        k = (hue * 6 + offset) % 6
        channels.append(value - value * saturation * torch.minimum(k, 4 - k).clamp(0, 1))
    return torch.stack(channels, 1)


def erased(cuts: Tensor, generator: torch.Generator) -> Tensor:
    """One box, the same in all cuts, a tenth to four tenths of the area, set to zero."""
    side = cuts.shape[-1]
    area, ratio = uniform(0.1, 0.4, (), generator), uniform(0.3, 3.3, (), generator)
    height, width = ((area * ratio).sqrt() * side).long(), ((area / ratio).sqrt() * side).long()
    top, left = (
        (uniform(0, 1, (), generator) * (side - min(int(length), side - 1))).long()
        for length in (height, width)
    )
    mask = torch.ones_like(cuts)
    mask[:, :, int(top) : int(top + height), int(left) : int(left + width)] = 0
    return cuts * mask
