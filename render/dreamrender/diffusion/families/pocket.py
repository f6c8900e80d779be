"""The small model that comes with this installation: its words are read by the pocket critic."""

from __future__ import annotations

import torch
from torch import Tensor

from dreamrender.critics.pocket import PocketCritic
from dreamrender.diffusion.families.family import Family, Latents
from dreamrender.diffusion.families.sdxl import POOLED
from dreamrender.diffusion.upstream import DiffusionPipeline
from dreamrender.diffusion.words.reading import MASK, STATES, Condition
from dreamrender.diffusion.words.windows import Track


class Pocket(Family):
    """UNet2DConditionModel that attends to MiniLM's states, and is told the critic's embedding besides."""

    name = "pocket"
    many_windows = False

    def __init__(self, pipeline: DiffusionPipeline, device: str, tiny: torch.nn.Module | None = None) -> None:
        super().__init__(pipeline, device, tiny)
        self.reader = PocketCritic.from_file(device=device)
        del self.reader.image_tower, self.reader.image_head  # it only reads
        self.tracks = [Track(self.reader.tokens, self.reader.max_tokens, first=1)]

    def moved(self, device: str) -> None:
        """The reader follows too."""
        super().moved(device)
        self.reader.to(device)

    @torch.no_grad()
    def look(self, text: str) -> Condition:
        """States (1, tokens, 384), which of them count, and the embedding (1, 256)."""
        states, mask, pooled = self.reader.read([text])
        return {STATES: states.to(self.dtype), MASK: mask, POOLED: pooled.to(self.dtype)}

    def denoise(self, latents: Latents, t: Tensor, condition: Condition) -> Latents:
        """The UNet's prediction."""
        predicted: Latents = self.denoiser(
            latents.to(self.dtype),
            t,
            encoder_hidden_states=condition[STATES],
            encoder_attention_mask=condition[MASK],
            class_labels=condition[POOLED],
            return_dict=False,
        )[0]
        return predicted.float()
