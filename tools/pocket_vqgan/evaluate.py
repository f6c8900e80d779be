"""Measure a VQGAN on held-out photos: PSNR of its reconstructions, and how many of its codes they use."""

import argparse
from pathlib import Path

import torch
from codebook import nearest, perplexity
from photos import load, psnr, split
from PIL import Image
from torch import Tensor

from dreamrender.picture import to_pil
from dreamrender.vqgan_files import load_vqgan


@torch.inference_mode()
def main() -> None:
    """Print the numbers; if asked, draw photos above their reconstructions."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path, help="a .safetensors or .ckpt with its .yaml beside it")
    parser.add_argument("--flickr", type=Path, required=True, help="folder of Flickr8k's photos")
    parser.add_argument("--count", type=int, default=200, help="how many of the 1,000 held-out photos")
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--sheet", type=Path, help="a PNG of the first eight")
    options = parser.parse_args()
    model = load_vqgan(options.weights, options.weights.with_suffix(".yaml"))
    _, hidden = split(options.flickr)
    values: list[Tensor] = []
    owners: list[Tensor] = []
    shown: list[Tensor] = []
    for part in load(hidden[: options.count], options.side).split(8):
        images = part.float() / 255
        z = model.encode(images)
        made = model.decode(model.quantise(z)).clamp(0, 1)
        values.append(psnr(made, images))
        owners.append(nearest(z.movedim(1, -1).flatten(0, 2), model.codebook))
        shown = shown or [*images, *made]
    decibels = torch.cat(values)
    low, high = decibels.quantile(torch.tensor([0.1, 0.9])).tolist()
    print(f"{len(decibels)} photos at {options.side} px: {decibels.mean():.2f} dB")
    print(f"a tenth is below {low:.2f} dB, a tenth above {high:.2f}")
    print(f"{perplexity(owners, len(model.codebook)):.0f} of {len(model.codebook)} codes in use")
    if options.sheet:
        sheet = Image.new("RGB", (options.side * 8, options.side * 2))
        for index, image in enumerate(shown):
            sheet.paste(to_pil(image), (options.side * (index % 8), options.side * (index // 8)))
        sheet.save(options.sheet)


if __name__ == "__main__":
    main()
