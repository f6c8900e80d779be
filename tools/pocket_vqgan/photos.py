"""Photos in memory, and crops of them that a small model can learn colours and edges from."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

HELD_OUT = 1000


def split(folder: Path) -> tuple[list[Path], list[Path]]:
    """Flickr8k's photos to train on and those held out, which are the pocket critic's: nothing saw them."""
    paths = sorted(folder.rglob("*.jpg"))
    order = torch.randperm(len(paths), generator=torch.Generator().manual_seed(1)).tolist()
    return [paths[index] for index in order[HELD_OUT:]], [paths[index] for index in order[:HELD_OUT]]


def square(path: Path, side: int) -> Tensor:
    """A photo's central square as (3, side, side), bytes."""
    photo = Image.open(path).convert("RGB")
    short = min(photo.size)
    left, top = (photo.width - short) // 2, (photo.height - short) // 2
    box = (left, top, left + short, top + short)
    raw = photo.resize((side, side), Image.Resampling.LANCZOS, box=box).tobytes()
    return torch.frombuffer(bytearray(raw), dtype=torch.uint8).view(side, side, 3).permute(2, 0, 1)


def load(paths: Sequence[Path], side: int) -> Tensor:
    """(N, 3, side, side), bytes."""
    return torch.stack([square(path, side) for path in paths])


def crops(photos: Sequence[Tensor], count: int, side: int, generator: torch.Generator) -> Tensor:
    """`count` crops (count, 3, side, side) in [0, 1], some mirrored, recoloured or drawn over."""

    def below(limit: int) -> int:
        return int(torch.randint(limit, (1,), generator=generator))

    cut = []
    sizes = [len(part) for part in photos]
    for _ in range(count):
        index = below(sum(sizes))
        part = photos[0] if index < sizes[0] else photos[1]
        photo = part[index if index < sizes[0] else index - sizes[0]]
        room = photo.shape[-1] - side
        top, left = below(room + 1), below(room + 1)
        crop = photo[:, top : top + side, left : left + side]
        cut.append(crop.flip(-1) if below(2) else crop)
    return varied(torch.stack(cut).float() / 255, generator)


def varied(images: Tensor, generator: torch.Generator) -> Tensor:
    """Half with other colours (photos are pale, paintings are not), a twentieth with a disc on top."""
    chance = torch.empty(len(images)).uniform_(generator=generator)
    recoloured, drawn = chance < 0.5, chance > 0.95
    images[recoloured] = vivid(images[recoloured], generator)
    images[drawn] = drawn_over(images[drawn], generator)
    return images.clamp_(0, 1)


def vivid(images: Tensor, generator: torch.Generator) -> Tensor:
    """Channels swapped, colours stronger or weaker."""
    count = len(images), 1, 1, 1
    swapped = images[:, torch.randperm(3, generator=generator)]
    grey = images.mean(1, keepdim=True)
    strong = grey + (swapped - grey) * _uniform(0.8, 2.5, *count, generator=generator)
    return strong * _uniform(0.7, 1.2, *count, generator=generator)


def drawn_over(images: Tensor, generator: torch.Generator) -> Tensor:
    """A disc each, soft or sharp, its colour plain or running into another."""
    count, _, height, width = images.shape
    draw = partial(_uniform, generator=generator)
    x = torch.linspace(-1, 1, width)[None, None, None, :]
    y = torch.linspace(-1, 1, height)[None, None, :, None]
    far = (x - draw(-1, 1, count, 1, 1, 1)).square() + (y - draw(-1, 1, count, 1, 1, 1)).square()
    inside = (draw(0.2, 1.0, count, 1, 1, 1) - far.sqrt()) * draw(2, 40, count, 1, 1, 1)
    slope = (x * draw(-1, 1, count, 3, 1, 1) + y * draw(-1, 1, count, 3, 1, 1)) * 0.3
    return images.lerp(draw(0, 1, count, 3, 1, 1) + slope, inside.sigmoid())


def psnr(images: Tensor, others: Tensor) -> Tensor:
    """Peak signal-to-noise ratio of each pair (N, 3, H, W) in [0, 1], in dB."""
    return -10 * F.mse_loss(images, others, reduction="none").mean(dim=(1, 2, 3)).log10()


def _uniform(low: float, high: float, *shape: int, generator: torch.Generator) -> Tensor:
    return torch.empty(shape).uniform_(low, high, generator=generator)
