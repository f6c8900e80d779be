"""Train the diffusion model on encoded pictures and captions, by the clock, and write its folder.

Processes of one thread each step the same shared weights without locks (Niu et al. 2011, Hogwild): where
cores are shared with others, threads would wait for each other longer than they work.

`--dry` writes the folder with random weights at once: the form without the content.
"""

import argparse
import copy
import json
import math
import re
import shutil
import time
from multiprocessing import get_context
from pathlib import Path

import torch
from captions import SHOWINGS
from pictures import Row
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional as F
from train_vae import CHANNELS, built

from dreamrender import torchvision_ops

torchvision_ops.declare()
from diffusers import AutoencoderTiny, DDIMScheduler, UNet2DConditionModel  # noqa: E402
from diffusers.models.attention_processor import AttnProcessor  # noqa: E402

#: How often a caption is left out, for classifier-free guidance (Ho & Salimans 2022).
EMPTY = 0.1
#: Where the signal is this many times stronger than the noise, a step weighs no more (Hang et al. 2023).
GAMMA = 5.0
HALF_LIFE = 250
INDEX = {
    "_class_name": "StableDiffusionPipeline",
    "_diffusers_version": "0.42.1",
    "_text": "pocket",
    "feature_extractor": [None, None],
    "image_encoder": [None, None],
    "requires_safety_checker": False,
    "safety_checker": [None, None],
    "scheduler": ["diffusers", "DDIMScheduler"],
    "text_encoder": [None, None],
    "tokenizer": [None, None],
    "unet": ["diffusers", "UNet2DConditionModel"],
    "vae": ["diffusers", "AutoencoderTiny"],
}


def unet() -> UNet2DConditionModel:
    """The network with random weights, 6.2 million numbers: 16×16 plain, 8×8 with attention and words."""
    return UNet2DConditionModel(
        sample_size=16,
        in_channels=CHANNELS,
        out_channels=CHANNELS,
        block_out_channels=(96, 144),
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        mid_block_type="UNetMidBlock2DCrossAttn",
        layers_per_block=1,
        attention_head_dim=4,
        cross_attention_dim=384,
        norm_num_groups=16,
        use_linear_projection=True,
        class_embed_type="projection",
        projection_class_embeddings_input_dim=256,
    )


def calm(model: UNet2DConditionModel) -> None:
    """Let every block begin as nothing (Dhariwal & Nichol 2021); make unit vectors as loud as the rest."""
    parts = ("conv2", "proj_out", "conv_out")
    ends = tuple(f"{part}.{kind}" for part in parts for kind in ("weight", "bias"))
    for name, parameter in model.named_parameters():
        if name.endswith(ends):
            torch.nn.init.zeros_(parameter)
    with torch.no_grad():
        model.class_embedding.linear_1.weight.mul_(16)


def noise_schedule() -> DDIMScheduler:
    """1,000 steps that end in pure noise, v-prediction (Lin et al. 2024)."""
    return DDIMScheduler(
        beta_start=0.00085,
        beta_end=0.012,
        beta_schedule="scaled_linear",
        prediction_type="v_prediction",
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
        clip_sample=False,
        steps_offset=1,  # as StableDiffusionPipeline wants it; nothing to trailing steps
    )


def write(model: UNet2DConditionModel, output: Path) -> None:
    """Write the folder without the autoencoder."""
    kept = copy.deepcopy(model).to(torch.float16, memory_format=torch.contiguous_format)
    kept.save_pretrained(output / "unet")
    noise_schedule().save_pretrained(output / "scheduler")
    (output / "model_index.json").write_text(json.dumps(INDEX, indent=2) + "\n")


def share(row: Row) -> float:
    """How often a picture is shown: things always; faces, clip art, icons half; people, signs a quarter."""
    if re.search("o’clock|thirty", str(row["label"])):
        return 0.1
    return {None: 0.5, 0: 0.5, 1: 0.25, 8: 0.25}.get(row["group"], 1.0)  # type: ignore[call-overload,no-any-return]


class Lessons:
    """Batches of latents, token states, masks and embeddings from memory."""

    def __init__(self, corpus: Path, seed: int, things: bool) -> None:
        stored = torch.load(corpus / "latents.pt", mmap=False)
        said = torch.load(corpus / "texts.pt", mmap=True)
        self.latents = stored["latents"]
        self.states, self.lengths, self.pooled, self.said = (
            said[key] for key in ("states", "lengths", "pooled", "said")
        )
        self.said = self.said[stored["rows"]]
        words = [json.loads(line) for line in (corpus / "words.jsonl").open()]
        shares = [share(row) for row in words] if things else [1.0] * len(words)
        self.shares = torch.tensor(shares)[stored["rows"] // SHOWINGS]
        self.generator = torch.Generator().manual_seed(seed)
        self.order, self.place = torch.empty(0, dtype=torch.long), 0

    def batch(self, count: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Latents (n, C, 16, 16), states (n, L, 384), mask (n, L), embeddings (n, 256)."""
        if self.place + count > len(self.order):
            order = torch.randperm(len(self.latents), generator=self.generator)
            chance = torch.rand(len(order), generator=self.generator)
            self.order, self.place = order[chance < self.shares[order]], 0
        rows = self.order[self.place : self.place + count]
        self.place += count
        which = torch.randint(self.said.shape[1], (count,), generator=self.generator)
        texts = self.said[rows, which].long()
        texts[torch.rand(count, generator=self.generator) < EMPTY] = 0
        lengths = self.lengths[texts].long()
        longest = int(lengths.max())
        mask = torch.arange(longest) < lengths[:, None]
        states = self.states[texts, :longest].float()
        return self.latents[rows].float(), states, mask, self.pooled[texts].float()


def main() -> None:
    """Train and write, a safe copy every few minutes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="folder of the whole model")
    parser.add_argument("--dry", action="store_true")
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--vae", type=Path)
    parser.add_argument("--minutes", type=float, default=88)
    parser.add_argument("--save-every", type=float, default=3, help="minutes")
    parser.add_argument("--rate", type=float, default=8e-4)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--things", action="store_true", help="mostly things: fewer faces, people and signs")
    parser.add_argument("--start", type=Path, help="a folder to go on from")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    model = unet()
    if options.dry:
        write(model, options.output)
        built().to(torch.float16).save_pretrained(options.output / "vae")
        return
    lessons = Lessons(options.corpus, options.seed, options.things)
    options.output.mkdir(parents=True, exist_ok=True)
    AutoencoderTiny.from_pretrained(options.vae, torch_dtype=torch.float16)  # it opens
    shutil.copytree(options.vae, options.output / "vae", dirs_exist_ok=True)
    torch.set_flush_denormal(True)
    calm(model)
    if options.start:
        stored = load_file(options.start / "unet" / "diffusion_pytorch_model.safetensors")
        model.load_state_dict({name: part.float() for name, part in stored.items()})
    model.set_attn_processor(AttnProcessor())  # plain: over so few places the fused kind is slower
    model.train().share_memory()
    total = torch.zeros(options.processes, dtype=torch.long).share_memory_()
    given = model, lessons, options, total
    fork = get_context("fork")
    others = [fork.Process(target=train, args=(*given, rank)) for rank in range(1, options.processes)]
    for other in others:
        other.start()
    train(*given, 0)
    for other in others:
        other.join()


def train(
    model: UNet2DConditionModel, lessons: Lessons, options: argparse.Namespace, total: Tensor, rank: int
) -> None:
    """AdamW, rate a cosine over the clock; the first process averages the weights, which is what counts."""
    torch.set_num_threads(1)
    torch.manual_seed(options.seed + rank)
    lessons.generator.manual_seed(options.seed + rank)
    schedule = noise_schedule()
    kept = schedule.alphas_cumprod
    ratio = kept / (1 - kept)
    weights = torch.where(ratio > GAMMA, GAMMA / (ratio + 1), 1.0)
    weights = weights.clamp(min=0.3)  # pure noise has none, yet there the picture is chosen
    average = copy.deepcopy(model).eval().requires_grad_(False)
    optimiser = torch.optim.AdamW(
        model.parameters(), options.rate, (0.9, 0.99), weight_decay=0.01, fused=True
    )
    started, step, saved, losses = time.monotonic(), 0, 0.0, 0.0
    while (spent := (time.monotonic() - started) / 60) < options.minutes:
        share = spent / options.minutes
        rate = options.rate * min(1, (step + 1) / 300) * (0.01 + 0.99 * (1 + math.cos(math.pi * share)) / 2)
        for group in optimiser.param_groups:
            group["lr"] = rate
        latents, states, mask, pooled = lessons.batch(options.batch)
        noise = torch.randn_like(latents)
        times = torch.randint(0, 1000, (len(latents),))
        noisy = schedule.add_noise(latents, noise, times)
        wanted = schedule.get_velocity(latents, noise, times)
        with torch.autocast("cpu", torch.bfloat16):
            made = model(
                noisy, times, states, class_labels=pooled, encoder_attention_mask=mask, return_dict=False
            )[0]
        error = F.mse_loss(made.float(), wanted, reduction="none").mean((1, 2, 3))
        loss = (error * weights[times]).mean()
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        step += 1
        total[rank] = step
        if rank:
            continue
        losses += (error.mean().item() - losses) * max(0.01, 1 / step)
        keep = min(0.5 ** (1 / HALF_LIFE), step / (step + 10))
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(model.parameters()), 1 - keep)
        if step % 200 == 0:
            speed = total.sum().item() * options.batch / spent / 60
            print(f"{step} {spent:.1f} min, {losses:.4f}, rate {rate:.1e}, {speed:.0f}/s", flush=True)
        if spent - saved > options.save_every:
            saved = spent
            write(average, options.output)
    if rank == 0:
        write(average, options.output)
        steps = int(total.sum())
        print(
            json.dumps({"steps": steps, "shown": steps * options.batch, "loss": round(losses, 4)}), flush=True
        )


if __name__ == "__main__":
    main()
