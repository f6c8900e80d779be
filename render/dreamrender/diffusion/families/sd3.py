"""Stable Diffusion 3 and 3.5: a transformer over latents and words together, trained by flow matching."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dreamrender.diffusion.families.family import Family, Latents
from dreamrender.diffusion.families.sd import clip_track
from dreamrender.diffusion.families.sdxl import POOLED
from dreamrender.diffusion.schedulers import Pace
from dreamrender.diffusion.words.reading import STATES, Condition
from dreamrender.diffusion.words.windows import Track

T5_TOKENS = 256


def t5_track(tokenizer: Any, most: int, first: int = 0) -> Track:
    """A T5 text encoder's: one mark after the text."""

    def tokens(text: str) -> int:
        return len(tokenizer(text, add_special_tokens=False, truncation=False, verbose=False).input_ids)

    return Track(tokens, most - 1, first)


def shift_of(scheduler: Any, tokens: int) -> float:
    """`mu` for schedulers that shift noise by the picture's size (Esser et al. 2024, section 5.3.2): linear
    in the number of tokens."""
    config = scheduler.config
    few, many = config.get("base_image_seq_len", 256), config.get("max_image_seq_len", 4096)
    least, most = config.get("base_shift", 0.5), config.get("max_shift", 1.15)
    return float(least + (most - least) * (tokens - few) / (many - few))


class StableDiffusion3(Family):
    """SD3Transformer2DModel with two CLIPs and, where there is room, T5 (Esser et al. 2024)."""

    name = "sd3"
    many_windows = False

    @property
    def tracks(self) -> list[Track]:  # type: ignore[override]
        """T5 reads what goes beyond CLIP's window; without it CLIP is all there is."""
        clip = clip_track(self.pipeline.tokenizer)
        if self.pipeline.text_encoder_3 is None:
            return [clip]
        return [t5_track(self.pipeline.tokenizer_3, T5_TOKENS, first=clip.max_tokens + 2), clip]

    def _denoiser(self) -> Any:
        return self.pipeline.transformer

    @property
    def multiple(self) -> int:
        """A patch of latents."""
        return self.scale * int(self.denoiser.config.patch_size)

    @torch.no_grad()
    def look(self, text: str) -> Condition:
        """States (1, 77 + 256, width) and both CLIPs' summaries (1, widths)."""
        states, _, pooled, _ = self.pipeline.encode_prompt(
            text,
            None,
            None,
            device=self.device,
            do_classifier_free_guidance=False,
            max_sequence_length=T5_TOKENS,
        )
        return {STATES: states, POOLED: pooled}

    def pace(self, latents: Latents) -> Pace:
        """Shifted by the number of patches."""
        patch = int(self.denoiser.config.patch_size)
        return Pace(shift_of(self.scheduler, (latents.shape[-2] // patch) * (latents.shape[-1] // patch)))

    def denoise(self, latents: Latents, t: Tensor, condition: Condition) -> Latents:
        """The transformer's velocity."""
        predicted: Latents = self.denoiser(
            hidden_states=latents.to(self.dtype),
            timestep=t,
            encoder_hidden_states=condition[STATES],
            pooled_projections=condition[POOLED],
            return_dict=False,
        )[0]
        return predicted.float()
