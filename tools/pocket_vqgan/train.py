"""Train the pocket VQGAN on photos, for a given number of minutes on a processor.

Processes of one thread each step the same shared weights without locks (Niu et al. 2011, Hogwild): where
cores are shared with others, threads would wait for each other longer than they work.
"""

import argparse
import math
import time
from multiprocessing import get_context
from pathlib import Path

import torch
from codebook import Averages, kmeans, nearest, perplexity
from likeness import SEEN, Likeness
from photos import crops, load, psnr, split
from safetensors.torch import save_file
from torch import Tensor

from dreamrender.vqgan import VQGAN
from dreamrender.vqgan_files import read_shape

COMMITMENT = 0.25
#: Vectors that k-means finds the first codes in.
MEMORY = 40_000
GENTLE = 1.0
"""Largest norm of a step's gradient."""


def rate(progress: float, peak: float) -> float:
    """Up within 2 % of the time, then down half a cosine to 2 % of the peak."""
    if progress < 0.02:
        return peak * (0.1 + 0.9 * progress / 0.02)
    return peak * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1.0, progress))))


@torch.no_grad()
def measured(model: VQGAN, photos: Tensor, with_codes: bool) -> tuple[float, float]:
    """Mean PSNR of reconstructed photos in dB, and how many codes they use."""
    values, owners = [], []
    for part in photos.split(8):
        images = part.float() / 255
        with torch.autocast("cpu", torch.bfloat16):
            z = model.encode(images).float()
            if with_codes:
                owners.append(nearest(z.movedim(1, -1).flatten(0, 2), model.codebook))
                z = model.quantise(z)
            made = model.decode(z).float().clamp(0, 1)
        values.append(psnr(made, images))
    codes = perplexity(owners, len(model.codebook)) if owners else math.nan
    return float(torch.cat(values).mean()), codes


def saved(model: VQGAN, path: Path) -> None:
    """Write the weights as taming names them, in half precision."""
    weights = {name: tensor.detach().half().contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, path, {"format": "pt"})


@torch.no_grad()
def calm(model: VQGAN) -> None:
    """Let every residual block begin as nothing, so that the first thing learned is to copy."""
    for name, part in model.named_modules():
        if name.endswith((".conv2", ".proj_out")):
            torch.nn.init.zeros_(part.weight)
            torch.nn.init.zeros_(part.bias)


def train(
    model: VQGAN,
    averages: Averages,
    photos: list[Tensor],
    shown: Tensor,
    options: argparse.Namespace,
    rank: int,
) -> None:
    """Step until the time is over. The first process also looks at `shown` now and then, and saves."""
    torch.manual_seed(options.seed + rank)
    generator = torch.Generator().manual_seed(options.seed + rank)
    likeness = Likeness(options.seen)
    book = averages.book
    learned = [parameter for parameter in model.parameters() if parameter is not book]
    optimiser = torch.optim.AdamW(learned, lr=options.rate, betas=(0.9, 0.98), weight_decay=0.01)
    memory: list[Tensor] = []
    began, looked, steps, restarted = time.monotonic(), 0, 0, 0
    minutes = 0.0
    while minutes < options.minutes:
        progress = minutes / options.minutes
        for group in optimiser.param_groups:
            group["lr"] = rate(progress, options.rate)
        images = crops(photos, options.batch, options.side, generator)
        coded = bool(averages.ready)
        with torch.autocast("cpu", torch.bfloat16):
            z = model.encode(images).float()
            rows = z.detach().movedim(1, -1).flatten(0, 2)
            if coded:
                owner = nearest(rows, book)
                found = book[owner].view(z.movedim(1, -1).shape).movedim(-1, 1)
                kept = COMMITMENT * (z - found).square().mean()
                codes = z + (found - z).detach()
            else:
                codes, kept = z + 0.05 * torch.randn(z.shape, generator=generator), 0.02 * z.square().mean()
                memory = [*memory, rows][-math.ceil(MEMORY / len(rows)) :]
            made = model.decode(codes)
        loss, seen = likeness(made.float(), images)
        (loss + kept).backward()
        norm = torch.nn.utils.clip_grad_norm_(learned, GENTLE)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        steps += 1
        minutes = (time.monotonic() - began) / 60
        if coded:
            averages.update(rows, owner)
        if rank > 0:
            continue
        if coded and steps % 20 == 0 and progress < 0.85:
            restarted += averages.restart(rows, generator)
        elif not coded and progress > options.smooth:
            averages.begin(kmeans(torch.cat(memory), len(book), 6, generator))
        if steps % 25 == 0:
            print(
                f"{minutes:6.2f} min {steps} steps loss {loss:.4f} seen {seen:.4f} kept {kept:.4f} "
                f"norm {norm:.2f} psnr {psnr(made.detach().float().clamp(0, 1), images).mean():.2f} "
                f"restarted {restarted}",
                flush=True,
            )
        if minutes // options.every > looked or minutes >= options.minutes:
            looked = int(minutes // options.every)
            decibels, used = measured(model, shown, coded)
            saved(model, options.output)
            print(f"{minutes:6.2f} min {steps} steps: {decibels:.2f} dB, {used:.0f} codes", flush=True)


def main() -> None:
    """Read photos, train, write the weights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="the safetensors file to write")
    parser.add_argument("--flickr", type=Path, required=True, help="folder of Flickr8k's photos")
    parser.add_argument("--more", type=Path, help="folder of other photos, all trained on")
    parser.add_argument("--config", type=Path, default=Path(__file__).with_name("config.yaml"))
    parser.add_argument("--start", type=Path, help="weights to go on from")
    parser.add_argument("--smooth", type=float, default=0.5, help="share of the time before codes are used")
    parser.add_argument("--minutes", type=float, default=40)
    parser.add_argument("--every", type=float, default=4, help="minutes between looks at held-out photos")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--side", type=int, default=64, help="side of the crops in pixels")
    parser.add_argument("--rate", type=float, default=3e-4)
    parser.add_argument("--seen", type=float, default=SEEN, help="weight of the vision network's part")
    parser.add_argument("--processes", type=int, default=4, help="each of one thread, on the same weights")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    model = VQGAN(read_shape(options.config))
    if options.start:
        from safetensors.torch import load_file

        model.load_state_dict({name: part.float() for name, part in load_file(options.start).items()})
    train_on, hidden = split(options.flickr)
    photos = [load(train_on, 224)]
    if options.more:
        photos.append(load(sorted(options.more.rglob("*.jpg")), 256))
    shown = load(hidden[:32], 224)
    print(f"{[len(part) for part in photos]} photos, {sum(p.numel() for p in model.parameters()):,} numbers")
    if not options.start:
        calm(model)
    model.share_memory()
    averages = Averages(model.codebook.requires_grad_(False))
    if options.smooth == 0:
        averages.begin(averages.book)
    given = model, averages, photos, shown, options
    fork = get_context("fork")
    others = [fork.Process(target=train, args=(*given, rank)) for rank in range(1, options.processes)]
    for other in others:
        other.start()
    train(*given, 0)
    for other in others:
        other.join()


if __name__ == "__main__":
    main()
