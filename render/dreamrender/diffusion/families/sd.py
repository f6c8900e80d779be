"""Stable Diffusion 1 and 2 and what was made from them, latent consistency models too."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dreamrender.diffusion.families.family import Family, Latents
from dreamrender.diffusion.upstream import DiffusionPipeline
from dreamrender.diffusion.words.reading import STATES, Condition
from dreamrender.diffusion.words.windows import Track

GUIDANCE = "timestep_cond"


def clip_track(tokenizer: Any) -> Track:
    """A CLIP text encoder's: one mark before and one after the text."""

    def tokens(text: str) -> int:
        return len(tokenizer(text, add_special_tokens=False, truncation=False, verbose=False).input_ids)

    return Track(tokens, int(tokenizer.model_max_length) - 2, first=1)


class StableDiffusion(Family):
    """UNet2DConditionModel with one CLIP text encoder (Rombach et al. 2022; LCM: Luo et al. 2023)."""

    name = "sd"

    def __init__(self, pipeline: DiffusionPipeline, device: str, tiny: torch.nn.Module | None = None) -> None:
        super().__init__(pipeline, device, tiny)
        self.tracks = self._tracks()
        self._guidance_width = getattr(self.denoiser.config, "time_cond_proj_dim", None)
        self.told_guidance = self._guidance_width is not None

    def _tracks(self) -> list[Track]:
        return [clip_track(self.pipeline.tokenizer)]

    @property
    def multiple(self) -> int:
        """A latent's pixels: this UNet pads what its levels cannot halve."""
        return self.scale

    @torch.no_grad()
    def look(self, text: str) -> Condition:
        """States (1, 77, width)."""
        states, _ = self.pipeline.encode_prompt(text, self.device, 1, False)
        return {STATES: states}

    def guided(self, condition: Condition, guidance: float) -> Condition:
        """With the embedded scale, for latent consistency models."""
        if self._guidance_width is None:
            return condition
        scale = torch.tensor([guidance - 1.0])
        embedded = self.pipeline.get_guidance_scale_embedding(scale, embedding_dim=self._guidance_width)
        return {**condition, GUIDANCE: embedded.to(self.device, self.dtype)}

    def denoise(self, latents: Latents, t: Tensor, condition: Condition) -> Latents:
        """The UNet's prediction."""
        predicted: Latents = self.denoiser(
            latents.to(self.dtype),
            t,
            encoder_hidden_states=condition[STATES],
            timestep_cond=condition.get(GUIDANCE),
            added_cond_kwargs=self._added(condition),
            return_dict=False,
        )[0]
        return predicted.float()

    def _added(self, condition: Condition) -> dict[str, Tensor] | None:
        return None
