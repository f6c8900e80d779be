"""FLUX.1: a transformer over packed latents and T5's words, trained by flow matching, guidance distilled."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from dreamrender.diffusion.families.family import Family, Latents
from dreamrender.diffusion.families.sd3 import shift_of, t5_track
from dreamrender.diffusion.families.sdxl import POOLED
from dreamrender.diffusion.schedulers import Pace
from dreamrender.diffusion.words.reading import STATES, Condition
from dreamrender.diffusion.words.windows import Track

GUIDANCE = "guidance"
PATCH = 2
"""Latents along a side that are packed into one token."""
TOKENS = 512
TIMES = 1000
"""The scheduler counts time in thousandths of what the network does."""


class Flux(Family):
    """FluxTransformer2DModel (Black Forest Labs 2024): `dev` is told the guidance, `schnell` has none."""

    name = "flux"
    many_windows = False
    told_guidance = True

    @property
    def tracks(self) -> list[Track]:  # type: ignore[override]
        """T5's; CLIP gives one summary of the text."""
        return [t5_track(self.pipeline.tokenizer_2, self._most)]

    @property
    def _most(self) -> int:
        return min(TOKENS, int(self.pipeline.tokenizer_2.model_max_length))

    def _denoiser(self) -> Any:
        return self.pipeline.transformer

    @property
    def channels(self) -> int:
        """Before they are packed."""
        return int(self.denoiser.config.in_channels) // PATCH**2

    @property
    def multiple(self) -> int:
        """A token's pixels."""
        return self.scale * PATCH

    @torch.no_grad()
    def look(self, text: str) -> Condition:
        """T5's states (1, tokens, width) and CLIP's summary (1, width)."""
        states, pooled, _ = self.pipeline.encode_prompt(
            text, None, device=self.device, max_sequence_length=self._most
        )
        return {STATES: states, POOLED: pooled}

    def guided(self, condition: Condition, guidance: float) -> Condition:
        """With the scale, where the network was taught to be told it."""
        if not self.denoiser.config.guidance_embeds:
            return condition
        return {**condition, GUIDANCE: torch.full((1,), guidance, device=self.device)}

    def pace(self, latents: Latents) -> Pace:
        """Even, and shifted by the number of tokens."""
        return Pace(shift_of(self.scheduler, latents.shape[-2] * latents.shape[-1] // PATCH**2), even=True)

    def denoise(self, latents: Latents, t: Tensor, condition: Condition) -> Latents:
        """The transformer's velocity."""
        _, _, height, width = latents.shape
        states = condition[STATES]
        predicted = self.denoiser(
            hidden_states=packed(latents).to(self.dtype),
            timestep=(t / TIMES).to(self.dtype),
            guidance=condition.get(GUIDANCE),
            pooled_projections=condition[POOLED],
            encoder_hidden_states=states,
            txt_ids=torch.zeros(states.shape[1], 3, device=self.device, dtype=self.dtype),
            img_ids=places(height, width).to(self.device, self.dtype),
            return_dict=False,
        )[0]
        return unpacked(predicted.float(), height, width)


def packed(latents: Latents) -> Tensor:
    """(N, C, h, w) → tokens (N, h/2 · w/2, 4 C)."""
    count, channels, height, width = latents.shape
    split = latents.view(count, channels, height // PATCH, PATCH, width // PATCH, PATCH)
    return split.permute(0, 2, 4, 1, 3, 5).reshape(count, -1, channels * PATCH**2)


def unpacked(tokens: Tensor, height: int, width: int) -> Latents:
    """The way back."""
    count, _, inside = tokens.shape
    split = tokens.view(count, height // PATCH, width // PATCH, inside // PATCH**2, PATCH, PATCH)
    return split.permute(0, 3, 1, 4, 2, 5).reshape(count, -1, height, width)


def places(height: int, width: int) -> Tensor:
    """Row and column of each token, (tokens, 3)."""
    rows, columns = torch.meshgrid(torch.arange(height // PATCH), torch.arange(width // PATCH), indexing="ij")
    return torch.stack([torch.zeros_like(rows), rows, columns], dim=-1).view(-1, 3)
