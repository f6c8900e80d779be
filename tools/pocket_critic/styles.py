"""Cheap picture filters that stand in for styles, each with the words people type for it.

No captioned pictures of "watercolor" or "synthwave" are at hand, so photos are filtered to look like them and
their captions gain the words. Every filter maps (N, 3, H, W) in [0, 1] to the same.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

Filter = Callable[[Tensor], Tensor]
LUMA = (0.299, 0.587, 0.114)


def grey(x: Tensor) -> Tensor:
    """Brightness in all three channels."""
    return (x * x.new_tensor(LUMA).view(1, 3, 1, 1)).sum(1, keepdim=True).expand(-1, 3, -1, -1)


def blur(x: Tensor, radius: int) -> Tensor:
    """Mean over a square of side 2·radius + 1, edges repeated."""
    return F.avg_pool2d(F.pad(x, (radius,) * 4, mode="replicate"), 2 * radius + 1, 1)


def saturate(x: Tensor, amount: float) -> Tensor:
    """Pull colours away from grey (amount > 1) or towards it."""
    g = grey(x)
    return (g + amount * (x - g)).clamp(0, 1)


def contrast(x: Tensor, amount: float) -> Tensor:
    """Stretch about each picture's mean."""
    mean = x.mean(dim=(1, 2, 3), keepdim=True)
    return (mean + amount * (x - mean)).clamp(0, 1)


def tint(x: Tensor, red: float, green: float, blue: float) -> Tensor:
    """Scale the channels."""
    return (x * x.new_tensor([red, green, blue]).view(1, 3, 1, 1)).clamp(0, 1)


def edges(x: Tensor) -> Tensor:
    """Gradient magnitude of the brightness, one channel repeated."""
    g = F.pad(blur(grey(x), 1), (0, 1, 0, 1), mode="replicate")
    across, down = g[..., :-1, 1:] - g[..., :-1, :-1], g[..., 1:, :-1] - g[..., :-1, :-1]
    return torch.sqrt(across.square() + down.square() + 1e-8)


def brushed(x: Tensor, radius: int = 3) -> Tensor:
    """Kuwahara's filter: each pixel takes the mean of its calmest quadrant, as brush strokes do."""
    padded = F.pad(x, (radius,) * 4, mode="replicate")
    size = radius + 1
    mean = F.avg_pool2d(padded, size, 1)
    spread = (F.avg_pool2d(padded.square(), size, 1) - mean.square()).sum(1, keepdim=True)
    height, width = x.shape[-2:]
    corners = [(i, j) for i in (0, radius) for j in (0, radius)]
    means = torch.stack([mean[..., i : i + height, j : j + width] for i, j in corners])
    spreads = torch.stack([spread[..., i : i + height, j : j + width] for i, j in corners])
    calmest = spreads.argmin(0, keepdim=True).expand(-1, -1, 3, -1, -1)
    return means.gather(0, calmest)[0]


def pencil(x: Tensor) -> Tensor:
    """Colour dodge: paper white except where the brightness changes."""
    g = grey(x)
    return (g / (blur(blur(g, 4), 4) + 0.02)).clamp(0, 1) ** 2


def ink(x: Tensor) -> Tensor:
    """Black outlines on white."""
    return 1 - ((edges(x) - 0.04) * 14).clamp(0, 1)


def watercolor(x: Tensor) -> Tensor:
    """Pale, flat washes on paper."""
    return (0.35 + 0.7 * saturate(brushed(x, 5), 1.3) + 0.03 * torch.randn_like(x[:, :1])).clamp(0, 1)


def pixels(x: Tensor) -> Tensor:
    """Big squares of few colours."""
    small = F.adaptive_avg_pool2d(saturate(x, 1.4), (28, 28))
    return F.interpolate((small * 5).round() / 5, x.shape[-2:], mode="nearest")


def psychedelic(x: Tensor) -> Tensor:
    """Colours cycling with brightness and place."""
    height, width = x.shape[-2:]
    rows = torch.linspace(0, 3, height).view(1, 1, -1, 1)
    columns = torch.linspace(0, 3, width).view(1, 1, 1, -1)
    phase = grey(brushed(x))[:, :1] * 9 + rows + columns
    shifts = x.new_tensor([0.0, 2.1, 4.2]).view(1, 3, 1, 1)
    return (0.25 * x + 0.75 * (0.5 + 0.5 * torch.sin(phase + shifts))).clamp(0, 1)


def neon(x: Tensor) -> Tensor:
    """Glowing magenta and cyan lines in the dark."""
    e = (edges(x) * 8).clamp(0, 1)
    slope = torch.linspace(0, 1, x.shape[-1]).view(1, 1, 1, -1)
    colour = torch.cat([(1 - slope) + 0 * e[:, :1], 0.2 + 0.6 * slope + 0 * e[:, :1], 1 + 0 * e[:, :1]], 1)
    return (0.25 * tint(x, 0.5, 0.2, 0.9) + blur(e, 1) * colour).clamp(0, 1)


def rendered(x: Tensor) -> Tensor:
    """The crisp, deep colours of a showpiece render."""
    return saturate(contrast(x + 0.6 * (x - blur(x, 3)), 1.2), 1.35)


def anime(x: Tensor) -> Tensor:
    """Flat, bright colours with soft outlines."""
    flat = saturate(brushed(x, 3), 1.6) * 0.9 + 0.12
    return ((flat * 8).round() / 8 - 0.6 * (edges(x) * 4).clamp(0, 0.6)).clamp(0, 1)


STYLES: dict[str, tuple[Filter, tuple[str, ...]]] = {
    "pencil": (pencil, ("pencil drawing", "pencil sketch", "charcoal drawing", "graphite sketch")),
    "ink": (ink, ("ink drawing", "line art", "pen and ink illustration", "coloring book page")),
    "watercolor": (watercolor, ("watercolor", "watercolor painting", "gouache", "watercolour painting")),
    "oil": (
        lambda x: saturate(brushed(x, 4), 1.3),
        ("oil painting", "acrylic painting", "impressionist painting"),
    ),
    "matte": (lambda x: tint(contrast(brushed(x, 2), 1.2), 0.9, 1, 1.1), ("matte painting", "concept art")),
    "pixels": (pixels, ("pixel art", "8-bit", "16-bit pixel art", "retro video game")),
    "grey": (grey, ("black and white photograph", "monochrome", "black and white", "film noir")),
    "sepia": (
        lambda x: tint(contrast(grey(x), 0.8), 1.1, 0.88, 0.65),
        ("vintage photo", "sepia", "daguerreotype"),
    ),
    "night": (lambda x: tint(contrast(x, 0.9), 0.16, 0.2, 0.36), ("at night", "in the dark", "moonlight")),
    "sunset": (
        lambda x: tint(contrast(x, 1.2), 1.25, 0.72, 0.42),
        ("at sunset", "golden hour", "warm evening light"),
    ),
    "fog": (lambda x: 0.62 + 0.3 * grey(x) + 0.06 * x, ("in the fog", "misty", "mist and haze")),
    "psychedelic": (psychedelic, ("psychedelic surrealism", "psychedelic", "trippy", "acid colors")),
    "neon": (neon, ("neon", "synthwave", "cyberpunk", "vaporwave", "neon lights")),
    "rendered": (
        rendered,
        ("rendered in unreal engine", "trending on artstation", "vray", "octane render", "8k", "hdr"),
    ),
    "anime": (anime, ("in the style of studio ghibli", "anime", "cartoon", "cel shaded", "comic book")),
    "vivid": (lambda x: saturate(x, 2.2), ("vibrant colors", "colorful", "vivid", "flickr")),
    "gothic": (
        lambda x: tint(saturate(contrast(x, 1.3), 0.3), 0.5, 0.48, 0.55),
        ("gothic", "dark and moody", "horror"),
    ),
}
