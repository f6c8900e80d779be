"""Paint the prompts with fixed seeds from a folder, and ask `pocket-judge` which picture shows which."""

import argparse
from pathlib import Path

import torch
from captions import prompts
from PIL import Image
from torch import Tensor

from dreamrender import torchvision_ops
from dreamrender.critics.pocket import EMBEDDED, PocketCritic

torchvision_ops.declare()
from diffusers import AutoencoderTiny, DDIMScheduler, UNet2DConditionModel  # noqa: E402

JUDGE = EMBEDDED.with_name("pocket_judge.safetensors")
PROMPTS = Path(__file__).with_name("prompts.txt")


class Painter:
    """The folder's parts and the text tower that reads for it, in float32."""

    def __init__(self, folder: Path) -> None:
        self.unet = UNet2DConditionModel.from_pretrained(folder, subfolder="unet", torch_dtype=torch.float32)
        self.vae = AutoencoderTiny.from_pretrained(folder, subfolder="vae", torch_dtype=torch.float32)
        self.scheduler = DDIMScheduler.from_pretrained(folder, subfolder="scheduler")
        self.reader = PocketCritic.from_file()
        self.unet.eval()
        self.vae.eval()

    @torch.inference_mode()
    def paint(self, texts: list[str], seed: int, steps: int, guidance: float, rescale: float) -> Tensor:
        """One picture a text, (n, 3, 128, 128) in [0, 1]; the k-th from noise of seed `100·seed + k`."""
        count = len(texts)
        noise = [
            torch.randn(
                self.unet.config.in_channels, 16, 16, generator=torch.Generator().manual_seed(100 * seed + k)
            )
            for k in range(count)
        ]
        latents = torch.stack(noise)
        states, mask, pooled = self.reader.read([*texts, *[""] * count])
        self.scheduler.set_timesteps(steps)
        for time in self.scheduler.timesteps:
            both = self.unet(
                latents.repeat(2, 1, 1, 1), time, states, class_labels=pooled, encoder_attention_mask=mask
            ).sample
            told, empty = both.chunk(2)
            guess = empty + guidance * (told - empty)
            if rescale:
                even = guess * (told.std((1, 2, 3), keepdim=True) / guess.std((1, 2, 3), keepdim=True))
                guess = torch.lerp(guess, even, rescale)
            latents = self.scheduler.step(guess, time, latents).prev_sample
        return self.vae.decode(latents / self.vae.config.scaling_factor).sample.add(1).div(2).clamp(0, 1)


def found(judge: PocketCritic, pictures: Tensor, texts: list[str]) -> list[int]:
    """Which text each picture is nearest to, in the judge's eyes."""
    scores = judge.encode_images(pictures) @ judge.encode_texts(texts).T
    return scores.argmax(1).tolist()


def main() -> None:
    """Print a table and write a contact sheet, one row a seed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--steps", type=int, nargs="+", default=[20])
    parser.add_argument("--guidance", type=float, nargs="+", default=[4.0])
    parser.add_argument("--rescale", type=float, nargs="+", default=[0.0])
    parser.add_argument("--prompts", type=Path, default=PROMPTS)
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    texts = prompts(options.prompts)
    painter = Painter(options.folder)
    judge = PocketCritic.from_file(JUDGE)
    for steps in options.steps:
        for guidance in options.guidance:
            for rescale in options.rescale:
                rows, hits = [], torch.zeros(options.seeds, len(texts), dtype=torch.bool)
                taken = [[] for _ in texts]  # type: list[list[str]]
                for seed in range(options.seeds):
                    pictures = painter.paint(texts, options.first + seed, steps, guidance, rescale)
                    for place, answer in enumerate(found(judge, pictures, texts)):
                        hits[seed, place] = answer == place
                        taken[place].append("yes" if answer == place else texts[answer])
                    rows.append(torch.cat(list(pictures), -1))
                each = hits.sum(1).tolist()
                print(f"{steps} steps, guidance {guidance}, rescale {rescale}: {each} of {len(texts)}, "
                      f"mean {sum(each) / len(each):.2f}", flush=True)  # fmt: skip
    for text, answers in zip(texts, taken, strict=True):
        print(f"  {text:20} {'; '.join(answers)}")
    if options.sheet:
        sheet = torch.cat(rows, -2).mul(255).round().byte().permute(1, 2, 0)
        Image.fromarray(sheet.numpy()).save(options.sheet)


if __name__ == "__main__":
    main()
