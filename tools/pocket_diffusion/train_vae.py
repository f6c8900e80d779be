"""Train the autoencoder: pictures of eight times eight pixels a latent, 6 numbers each, near unit variance.

Without norms and with rectifiers (diffusers' AutoencoderTiny), so that a processor runs it quickly. While it
learns, its latents are blurred by noise, so that what a diffusion gets slightly wrong still decodes well.
"""

import argparse
import copy
import json
import math
import random
import time
from pathlib import Path

import torch
from likeness import Likeness
from pictures import COLOURS, SIDE, Pictures, clouds, colour, gradient, held_out, over
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from dreamrender import torchvision_ops

torchvision_ops.declare()
from diffusers import AutoencoderTiny  # noqa: E402

CHANNELS, WIDTH = 6, 48
NOISE = 0.12
#: How firmly the latents are held at mean 0, variance 1 and no correlation.
HOLD = 0.02


def built() -> AutoencoderTiny:
    """The autoencoder with random weights: 1.25 million numbers, 128 px → (6, 16, 16)."""
    return AutoencoderTiny(
        latent_channels=CHANNELS,
        encoder_block_out_channels=(WIDTH,) * 4,
        decoder_block_out_channels=(WIDTH,) * 4,
        num_encoder_blocks=(1, 2, 3, 3),
        num_decoder_blocks=(3, 3, 2, 1),
        force_upcast=False,
    )


class Scenes:
    """Batches of pictures over backgrounds, cropped, some mirrored, larger or in other colours."""

    def __init__(self, pictures: Pictures, seed: int) -> None:
        self.pictures = pictures
        hidden = held_out(pictures.words)
        self.shown = [index for index in range(len(pictures)) if index not in hidden]
        self.chooser = random.Random(seed)
        self.generator = torch.Generator().manual_seed(seed)

    def back(self) -> Tensor:
        """White or a plain colour or a gradient."""
        one, other = (colour(name, self.chooser, 0.15) for name in self.chooser.sample(list(COLOURS), 2))
        kind = self.chooser.random()
        if kind < 0.4:
            return torch.ones(3, SIDE, SIDE)
        return one.expand(3, SIDE, SIDE) if kind < 0.7 else gradient(one, other, self.chooser)

    def batch(self, count: int, side: int) -> Tensor:
        """Pictures in [0, 1], (count, 3, side, side)."""
        colours, opacity = self.pictures.parts(self.chooser.choices(self.shown, k=count))
        backs = torch.stack([self.back() for _ in range(count)])
        noisy = torch.rand(count, generator=self.generator) < 0.2
        if noisy.any():
            backs[noisy] = clouds(int(noisy.sum()), self.generator)
        scene = over(colours, opacity, backs)
        changed = torch.rand(count, 1, 1, 1, generator=self.generator) < 0.25
        gain = torch.rand(count, 3, 1, 1, generator=self.generator) * 0.9 + 0.3
        scene = torch.where(changed, scene * gain, scene)
        if self.chooser.random() < 0.5:
            scene = scene.flip(-1)
        if side < SIDE:
            wide = self.chooser.choice((SIDE, SIDE, SIDE, 112, 96, 160, 192))
            if wide != SIDE:
                scene = F.interpolate(scene, (wide, wide), mode="bilinear", antialias=wide < SIDE)
            top, left = (self.chooser.randint(0, wide - side) for _ in range(2))
            scene = scene[..., top : top + side, left : left + side]
        return scene.clamp(0, 1).contiguous(memory_format=torch.channels_last)


def moments(latents: Tensor) -> Tensor:
    """How far the channels are from mean 0, variance 1 and no correlation, over batch and places."""
    flat = latents.transpose(0, 1).flatten(1)
    centred = flat - flat.mean(1, keepdim=True)
    covariance = centred @ centred.T / flat.shape[1]
    return flat.mean(1).square().sum() + (covariance - torch.eye(len(flat))).square().sum()


@torch.inference_mode()
def measured(model: AutoencoderTiny, pictures: Pictures, count: int = 200) -> tuple[float, Tensor, Tensor]:
    """Mean PSNR in dB over held-out pictures on white and on colours; latents; a sheet of pairs."""
    chooser = random.Random(5)
    indices = sorted(held_out(pictures.words))[:count]
    colours, opacity = pictures.parts(indices)
    names = list(COLOURS)
    backs = [
        torch.ones(3, 1, 1) if number % 2 else colour(chooser.choice(names), chooser, 0)
        for number in range(len(indices))
    ]
    wanted = over(colours, opacity, torch.stack(backs).expand(-1, 3, SIDE, SIDE))
    latents = torch.cat([model.encode(part * 2 - 1).latents for part in wanted.split(20)])
    made = torch.cat([model.decode(part).sample for part in latents.split(20)]).add(1).div(2).clamp(0, 1)
    psnr = -10 * (made - wanted).square().mean((1, 2, 3)).log10()
    rows = [torch.cat(pair, -1) for pair in zip(wanted[::4], made[::4], strict=True)]
    lines = [torch.cat(rows[start : start + 5], -1) for start in range(0, 50, 5)]
    return psnr.mean().item(), latents, torch.cat(lines, -2)


def save(model: AutoencoderTiny, output: Path, latents: Tensor) -> None:
    """Write the half-precision folder, its scale being that of `latents`."""
    kept = copy.deepcopy(model)
    kept.register_to_config(scaling_factor=round(1 / latents.std().item(), 4))
    kept.to(torch.float16, memory_format=torch.contiguous_format).save_pretrained(output)
    path = output / "config.json"
    config = json.loads(path.read_text())
    config.pop("block_out_channels", None)  # written by diffusers, and not known to it when read
    path.write_text(json.dumps(config, indent=2) + "\n")


def main() -> None:
    """Train by the clock and write the folder of the autoencoder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="folder for the autoencoder")
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=28)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--crop", type=int, default=64)
    parser.add_argument("--seen", type=float, default=0.03, help="weight of the vision network's part")
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    pictures = Pictures(options.corpus)
    scenes = Scenes(pictures, options.seed)
    model = built().to(memory_format=torch.channels_last).train()
    average = copy.deepcopy(model).eval().requires_grad_(False)
    likeness = Likeness(options.seen)
    optimiser = torch.optim.AdamW(model.parameters(), lr=options.rate, betas=(0.9, 0.99), weight_decay=0.01)
    started, step, shown, noted = time.monotonic(), 0, 0, 0.0
    while (spent := (time.monotonic() - started) / 60) < options.minutes:
        share = spent / options.minutes
        rate = options.rate * min(1, (step + 1) / 200) * (0.02 + 0.98 * (1 + math.cos(math.pi * share)) / 2)
        for group in optimiser.param_groups:
            group["lr"] = rate
        wanted = scenes.batch(options.batch, options.crop)
        with torch.autocast("cpu", torch.bfloat16):
            latents = model.encode(wanted * 2 - 1).latents
            made = model.decode(latents + NOISE * torch.randn_like(latents)).sample
        seen_yet = step > 300  # shapes and colours first
        likeness.seen = options.seen if seen_yet else 0.0
        loss, seen = likeness(made.float().add(1).div(2), wanted)
        held = moments(latents.float())
        optimiser.zero_grad()
        (loss + HOLD * held).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step, shown = step + 1, shown + options.batch
        keep = min(0.999, step / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - keep)
        if step % 100 == 0:
            parts = f"{loss.item():.4f}, seen {seen.item():.4f}, held {held.item():.3f}"
            print(f"{step} {spent:.1f} min, {parts}, {shown / spent / 60:.0f}/s", flush=True)
        if spent - noted > 4:
            noted = spent
            psnr, codes, sheet = measured(average, pictures)
            spread = [round(value, 2) for value in codes.std((0, 2, 3)).tolist()]
            print(f"held out: {psnr:.2f} dB, deviations {spread}", flush=True)
            save(average, options.output, codes)
            if options.sheet:
                pixels = sheet.mul(255).round().byte().permute(1, 2, 0).numpy()
                Image.fromarray(pixels).save(options.sheet)
    psnr, codes, _ = measured(average, pictures)
    save(average, options.output, codes)
    report = {
        "psnr": round(psnr, 2),
        "steps": step,
        "shown": shown,
        "deviation": round(codes.std().item(), 4),
    }
    print(json.dumps(report), flush=True)


if __name__ == "__main__":
    main()
