"""Encode once what training reads again and again: captions (`texts`) and pictures (`pictures`)."""

import argparse
import random
import time
from multiprocessing import get_context
from pathlib import Path

import torch
from captions import SHOWINGS, Showing, normal, plan, prompts
from pictures import Pictures, colour, gradient
from torch import Tensor
from torch.nn import functional as F

from dreamrender import torchvision_ops
from dreamrender.critics.pocket import PocketCritic

torchvision_ops.declare()
from diffusers import AutoencoderTiny  # noqa: E402

#: Tokens of a caption that are kept, with start and end; few have more.
TOKENS = 20
PROMPTS = Path(__file__).with_name("prompts.txt")


def texts(showings: list[Showing], output: Path) -> None:
    """Write `texts.pt`: unique captions, the empty one first; states, lengths, embeddings; who says what."""
    lines = sorted(
        {line for showing in showings for line in showing.captions}, key=lambda line: (len(line), line)
    )
    lines = ["", *lines]
    number = {line: index for index, line in enumerate(lines)}
    states = torch.zeros(len(lines), TOKENS, 384, dtype=torch.float16)
    lengths = torch.zeros(len(lines), dtype=torch.int16)
    pooled = torch.zeros(len(lines), 256, dtype=torch.float16)
    critic = PocketCritic.from_file(dtype=torch.bfloat16)
    started = time.monotonic()
    for start in range(0, len(lines), 256):
        read, mask, embeddings = critic.read(lines[start : start + 256])
        end, width = start + len(read), min(TOKENS, read.shape[1])
        states[start:end, :width] = read[:, :TOKENS].masked_fill(~mask[:, :TOKENS, None], 0)
        lengths[start:end] = mask.sum(1).clamp(max=TOKENS)
        pooled[start:end] = embeddings
        if start % 12800 == 0:
            print(f"{end} of {len(lines)} captions, {time.monotonic() - started:.0f} s", flush=True)
    said = torch.tensor(
        [[number[line] for line in showing.captions] for showing in showings], dtype=torch.int32
    )
    torch.save({"lines": lines, "states": states, "lengths": lengths, "pooled": pooled, "said": said}, output)


def scenes(pictures: Pictures, rows: list[int], plans: list[Showing], chooser: random.Random) -> Tensor:
    """Pictures as the showings of these numbers say, (n, 3, 128, 128) in [0, 1]."""
    colours, opacity = pictures.parts([row // SHOWINGS for row in rows])
    showings = [plans[row] for row in rows]
    layers = torch.cat([colours * opacity, opacity], 1)
    matrices = torch.tensor([
        [[(-1 if s.mirrored else 1) / s.scale, 0, s.shift[0]], [0, 1 / s.scale, s.shift[1]]] for s in showings
    ])  # fmt: skip
    grid = F.affine_grid(matrices, list(layers.shape), align_corners=False)
    layers = F.grid_sample(layers, grid, mode="bicubic", align_corners=False).clamp(0, 1)
    backs = torch.stack([back(showing.colours, chooser) for showing in showings])
    return (layers[:, :3] + backs * (1 - layers[:, 3:])).clamp(0, 1)


def back(names: tuple[str, ...], chooser: random.Random) -> Tensor:
    """White, a colour, or one fading into another, (3, 128, 128)."""
    shades = [colour(name, chooser) for name in names] or [torch.ones(3, 1, 1)]
    return shades[0].expand(3, 128, 128) if len(shades) == 1 else gradient(shades[0], shades[1], chooser)


@torch.inference_mode()
def encoded(corpus: Path, rows: list[int], plans: list[Showing], vae: Path) -> Tensor:
    """Latents times the scale, half precision (n, C, 16, 16)."""
    torch.set_num_threads(1)
    pictures = Pictures(corpus)
    model = AutoencoderTiny.from_pretrained(vae, torch_dtype=torch.float32)
    model = model.to(memory_format=torch.channels_last)
    chooser = random.Random(rows[0])
    found = []
    started = time.monotonic()
    for start in range(0, len(rows), 8):
        images = scenes(pictures, rows[start : start + 8], plans, chooser)
        pixels = (images * 2 - 1).contiguous(memory_format=torch.channels_last)
        with torch.autocast("cpu", torch.bfloat16):
            latents = model.encode(pixels).latents
        found.append((latents.float() * model.config.scaling_factor).half().contiguous())
        if start % 3200 == 0:
            print(f"{start} of {len(rows)} pictures, {time.monotonic() - started:.0f} s", flush=True)
    return torch.cat(found)


def split(count: int, each: int) -> tuple[list[int], list[int]]:
    """Numbers of the showings to encode, `each` a picture (2 or 4), in two halves.

    Of two, one is on white and one on colours, one of them mirrored.
    """
    rows = []
    for start in range(0, count, SHOWINGS):
        pair = (0, 3) if start // SHOWINGS % 2 else (1, 2)
        rows += [start + number for number in (range(SHOWINGS) if each == SHOWINGS else pair)]
    return rows[: len(rows) // 2], rows[len(rows) // 2 :]


def main() -> None:
    """Write `texts.pt` or `latents.pt` beside the corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("texts", "pictures"))
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--vae", type=Path, help="the autoencoder's folder")
    parser.add_argument("--showings", type=int, choices=(2, SHOWINGS), default=2, help="how many a picture")
    options = parser.parse_args()
    pictures = Pictures(options.corpus)
    banned = {normal(prompt) for prompt in prompts(PROMPTS)}
    showings = plan(pictures.words, banned)
    if options.what == "texts":
        texts(showings, options.corpus / "texts.pt")
    else:
        halves = split(len(showings), options.showings)
        given = [(options.corpus, rows, showings, options.vae) for rows in halves]
        with get_context("fork").Pool(2) as pool:
            parts = pool.starmap(encoded, given)
        rows = torch.tensor([row for half in halves for row in half])
        torch.save({"latents": torch.cat(parts), "rows": rows}, options.corpus / "latents.pt")


if __name__ == "__main__":
    main()
