"""Stable Diffusion XL and what was made from it: Turbo, Lightning."""

from __future__ import annotations

import torch
from torch import Tensor

from dreamrender.diffusion.families.sd import StableDiffusion, clip_track
from dreamrender.diffusion.words.reading import STATES, Condition
from dreamrender.diffusion.words.windows import Track

POOLED, PLACE = "pooled", "place"


class StableDiffusionXL(StableDiffusion):
    """Two CLIP text encoders, and a UNet that is told the picture's size (Podell et al. 2023)."""

    name = "sdxl"

    def _tracks(self) -> list[Track]:
        return [clip_track(self.pipeline.tokenizer_2)]

    @torch.no_grad()
    def look(self, text: str) -> Condition:
        """States (1, 77, both widths) and the second encoder's summary (1, width)."""
        states, _, pooled, _ = self.pipeline.encode_prompt(
            text, device=self.device, do_classifier_free_guidance=False
        )
        return {STATES: states, POOLED: pooled}

    def blank(self) -> Condition:
        """Zeros, where the model was trained so."""
        look = super().blank()
        if not self.pipeline.config.force_zeros_for_empty_prompt:
            return look
        return {name: torch.zeros_like(part) for name, part in look.items()}

    def placed(self, condition: Condition, height: int, width: int) -> Condition:
        """As if the picture were a whole one of this size."""
        place = torch.tensor([[height, width, 0, 0, height, width]], device=self.device, dtype=self.dtype)
        return {**condition, PLACE: place}

    def _added(self, condition: Condition) -> dict[str, Tensor] | None:
        return {"text_embeds": condition[POOLED], "time_ids": condition[PLACE]}
