"""Look at every picture of a corpus once and keep what the frozen image tower saw.

Each picture is seen whole at two sizes, as cutouts cropped, turned, coloured and blurred the way a painting
is judged, and through the style filters. The features (1280 per view, fp16) are all that training needs.
"""

import argparse
import json
import random
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from styles import STYLES
from torch import Tensor
from torch.nn import functional as F

from dreamrender.critics.efficientnet_lite import SIZES, EfficientNetLite
from dreamrender.critics.pocket import SIDES

BATCH = 64


def open_rgb(path: Path, ground: tuple[int, int, int], side: int) -> Tensor:
    """The picture on a ground colour, squashed to (3, side, side) in [0, 1]."""
    picture = Image.open(path).convert("RGBA")
    canvas = Image.new("RGBA", picture.size, (*ground, 255))
    canvas.alpha_composite(picture)
    raw = bytearray(canvas.convert("RGB").resize((side, side), Image.Resampling.BICUBIC).tobytes())
    return torch.frombuffer(raw, dtype=torch.uint8).view(side, side, 3).permute(2, 0, 1) / 255


def cutouts(images: Tensor, generator: torch.Generator, side: int) -> Tensor:
    """One augmented (N, 3, side, side) crop of each picture, in one grid sample."""
    count = len(images)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.empty(shape).uniform_(low, high, generator=generator)

    angle, scale = uniform(-0.2, 0.2, count), uniform(0.5, 1.0, count)
    flip = uniform(-1, 1, count).sign()
    room = 1 - scale * 0.9
    cos, sin = scale * angle.cos(), scale * angle.sin()
    shift_x, shift_y = (room * uniform(-1, 1, count) for _ in range(2))
    theta = torch.stack(
        [torch.stack([flip * cos, -sin, shift_x], 1), torch.stack([flip * sin, cos, shift_y], 1)], 1
    )
    grid = F.affine_grid(theta, [count, 3, side, side], align_corners=False)
    crops = F.grid_sample(images, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    crops = crops * uniform(0.85, 1.15, count, 3, 1, 1) + uniform(-0.08, 0.08, count, 1, 1, 1)
    noise = torch.empty_like(crops).normal_(generator=generator)
    return (crops + noise * uniform(0, 0.08, count, 1, 1, 1)).clamp(0, 1)


def softened(images: Tensor, generator: torch.Generator) -> Tensor:
    """Pictures blurred by a random amount, as early paintings are."""
    side = int(torch.randint(24, 112, (1,), generator=generator))
    small = F.interpolate(images, (side, side), mode="bilinear", antialias=True)
    return F.interpolate(small, images.shape[-2:], mode="bilinear")


def views(
    images: Tensor, styles: list[str], generator: torch.Generator, crops: int, side: int
) -> list[Tensor]:
    """The pictures as they are, flipped at `side`, `crops` times cut out, and once styled."""
    half = F.interpolate(images.flip(-1), (side, side), mode="bilinear", antialias=True)
    cut = [cutouts(images, generator, side) for _ in range(max(0, crops - 1))]
    if crops:
        cut.append(cutouts(softened(images, generator), generator, side))
    styled = torch.cat([STYLES[style][0](images[i : i + 1]) for i, style in enumerate(styles)])
    return [images, half, *cut, F.interpolate(styled, (side, side), mode="bilinear", antialias=True)]


@torch.inference_mode()
def extract(
    tower: EfficientNetLite, rows: list[dict[str, object]], crops: int, sides: tuple[int, int], seed: int
) -> dict[str, Tensor]:
    """Features (pictures, views, 1280) and the style index of each picture's last view."""
    cutout, whole = sides
    generator = torch.Generator().manual_seed(seed)
    chooser = random.Random(seed)
    names = list(STYLES)
    features, chosen = [], []
    for start in range(0, len(rows), BATCH):
        part = rows[start : start + BATCH]
        grounds = [
            (255, 255, 255) if chooser.random() < 0.5 else chooser.choices(range(256), k=3) for _ in part
        ]
        images = torch.stack(
            [
                open_rgb(Path(str(r["image"])), (g[0], g[1], g[2]), whole)
                for r, g in zip(part, grounds, strict=True)
            ]
        )
        styles = [chooser.choice(names) for _ in part]
        seen = []
        for view in views(images, styles, generator, crops, cutout):
            pixels = view.to(torch.bfloat16).contiguous(memory_format=torch.channels_last)
            seen.append(tower(pixels)[0].to(torch.float16))
        features.append(torch.stack(seen, 1))
        chosen += [names.index(style) for style in styles]
        if start // BATCH % 10 == 0:
            print(f"{start + len(part)} of {len(rows)}", flush=True)
    return {"features": torch.cat(features), "style": torch.tensor(chosen)}


def main() -> None:
    """Read a manifest of pictures, write their features."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("manifest", type=Path, help="JSON lines with an `image` path each")
    parser.add_argument("output", type=Path, help="the safetensors file to write")
    parser.add_argument("--tower", type=Path, required=True, help="the folded image tower")
    parser.add_argument("--size", choices=SIZES, default="lite2", help="which EfficientNet the tower is")
    parser.add_argument("--sides", type=int, nargs=2, default=SIDES, help="of cutouts and whole pictures")
    parser.add_argument("--crops", type=int, default=3, help="augmented cutouts of each picture")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    tower = EfficientNetLite(SIZES[options.size]).eval()
    tower.load_state_dict(load_file(options.tower))
    tower.to(torch.bfloat16).channels_last()
    rows = [json.loads(line) for line in options.manifest.read_text().splitlines()]
    cutout, whole = options.sides
    save_file(extract(tower, rows, options.crops, (cutout, whole), options.seed), options.output)


if __name__ == "__main__":
    main()
