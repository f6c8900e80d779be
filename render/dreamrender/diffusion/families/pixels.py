"""UNets that paint pixels and know no words: DDPM, DDIM, and guided diffusion's in diffusers' layout."""

from __future__ import annotations

import torch
from torch import Tensor

from dreamrender.diffusion.families.family import Family, Latents
from dreamrender.diffusion.upstream import DiffusionPipeline
from dreamrender.diffusion.words.reading import STATES, Condition
from dreamrender.diffusion.words.windows import Track
from dreamrender.types import Image, Images

ENDLESS = 2**31


class Pixels(Family):
    """UNet2DModel (Ho et al. 2020; Dhariwal, Nichol 2021): what it makes, its training decides."""

    name = "pixels"
    latent = False
    spread = 0.5
    worded = False
    told_guidance = True
    tracks = (Track(len, ENDLESS),)

    def __init__(self, pipeline: DiffusionPipeline, device: str, tiny: torch.nn.Module | None = None) -> None:
        super().__init__(pipeline, device, tiny)
        own = self.scheduler
        if str(own.config.get("variance_type", "")).startswith("learned"):
            self.scheduler = type(own).from_config(own.config, variance_type="fixed_small")

    @property
    def heeds_guidance(self) -> bool:
        """There are no words to be guided to."""
        return False

    @property
    def scale(self) -> int:
        """A latent is a pixel."""
        return 1

    def look(self, text: str) -> Condition:
        """Nothing, whatever is said."""
        return {STATES: torch.zeros(1, 1, 1, device=self.device)}

    def denoise(self, latents: Latents, t: Tensor, condition: Condition) -> Latents:
        """The UNet's prediction, without the variance that some of them predict besides."""
        predicted: Latents = self.denoiser(latents.to(self.dtype), t, return_dict=False)[0]
        return predicted[:, : self.channels].float()

    def encode(self, image: Image, generator: torch.Generator) -> Latents:
        """The picture in [-1, 1]."""
        return (image[None] * 2 - 1).to(self.device, torch.float32)

    def decode(self, latents: Latents) -> Images:
        """The way back."""
        return latents.float() / 2 + 0.5

    def glance(self, latents: Latents) -> Images:
        """The picture itself."""
        return self.decode(latents).clamp(0, 1)
