"""A family of pipelines that the engine steps itself: what differs from one to the next."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from dreamqueue.recipe import UsedLora
from dreamrender.diffusion.glances import Glance, by_decoder, glance_of
from dreamrender.diffusion.schedulers import Pace
from dreamrender.diffusion.upstream import DiffusionPipeline
from dreamrender.diffusion.words.reading import Condition
from dreamrender.diffusion.words.windows import Track
from dreamrender.types import Image, Images


def dtype_of(network: torch.nn.Module) -> torch.dtype:
    """What a network's weights are kept in."""
    return next(network.parameters()).dtype


Latents = Tensor
"""What the denoiser works on, (N, channels, height, width) of its own grid."""


class Family(ABC):
    """One loaded pipeline, taken apart."""

    name: ClassVar[str]
    tracks: Sequence[Track]
    many_windows: bool = True
    told_guidance: bool = False
    """Whether the denoiser is told the guidance scale (distilled) and needs no second, unguided look."""
    latent: bool = True
    """False: it paints pixels."""
    spread: float = 1.0
    """Standard deviation of the data that it was trained on; that of latents is scaled to 1."""
    worded: bool = True
    """False: it knows no words."""

    def __init__(self, pipeline: DiffusionPipeline, device: str, tiny: torch.nn.Module | None = None) -> None:
        for part in pipeline.components.values():
            if isinstance(part, torch.nn.Module):
                part.eval().requires_grad_(False)
        self.pipeline: Any = pipeline
        self.device = device
        self.scheduler: Any = pipeline.scheduler
        """As the model came; sessions make their own from its configuration."""
        self.denoiser = self._denoiser()
        self.dtype = dtype_of(self.denoiser)
        self.text_width: int | None = None
        """Of its UNet, where that says so: LoRAs for Stable Diffusion 1 do not fit 2."""
        self.worn: Sequence[UsedLora] | None = ()
        """LoRAs that it has on; None: nobody knows, since putting them on has failed."""
        self.wardrobe: list[str] = []
        """Adapters that are loaded, the first one longest ago."""
        self._tiny = tiny
        self._glance: Glance | None = None

    def moved(self, device: str) -> None:
        """Its pipeline is on another device now; what it has besides follows."""
        if self._tiny is not None:
            self._tiny.to(device)
        self.device, self._glance = device, None

    def _denoiser(self) -> Any:
        return self.pipeline.unet

    @property
    def heeds_guidance(self) -> bool:
        """Whether a guidance scale means anything to it."""
        return True

    @property
    def channels(self) -> int:
        """Of the latents."""
        return int(self.denoiser.config.in_channels)

    @property
    def multiple(self) -> int:
        """Width and height have to be multiples of this many pixels."""
        return self.scale * int(2 ** (len(self.denoiser.config.block_out_channels) - 1))

    @property
    def scale(self) -> int:
        """Pixels to a latent, along a side."""
        return int(self.pipeline.vae_scale_factor)

    @abstractmethod
    def look(self, text: str) -> Condition:
        """What one window of text says; see `words.reading`."""

    def blank(self) -> Condition:
        """What no words at all say, for the look without the wanted phrases."""
        return self.look("")

    def placed(self, condition: Condition, height: int, width: int) -> Condition:
        """The condition for a picture of this size in pixels, where the denoiser is told the size."""
        return condition

    def guided(self, condition: Condition, guidance: float) -> Condition:
        """The condition with the guidance scale, where the denoiser is told it."""
        return condition

    @abstractmethod
    def denoise(self, latents: Latents, t: Tensor, condition: Condition) -> Latents:
        """The network's prediction at times t (N,), each picture at its own; differentiable."""

    def pace(self, latents: Latents) -> Pace:
        """How steps are spread over noise for a picture of this size."""
        return Pace()

    def encode(self, image: Image, generator: torch.Generator) -> Latents:
        """The latents of a picture, (1, channels, height, width), drawn from the encoder's distribution."""
        vae = self.pipeline.vae
        encoded = vae.encode((image[None] * 2 - 1).to(self.device, vae.dtype))
        found = encoded.latent_dist.sample(generator) if hasattr(encoded, "latent_dist") else encoded.latents
        latents: Latents = (found.float() - self._offset) * vae.config.scaling_factor
        return latents

    def sketch(self, latents: Latents) -> Images:
        """As `decode`, by a tiny decoder where there is one; differentiable."""
        return self.decode(latents) if self._tiny is None else by_decoder(self._tiny, latents)

    def decode(self, latents: Latents) -> Images:
        """Pictures, RGB in [0, 1] or a little beyond, float32; differentiable."""
        vae = self.pipeline.vae
        scaled = (latents.float() / vae.config.scaling_factor + self._offset).to(vae.dtype)
        images: Images = vae.decode(scaled, return_dict=False)[0].float() / 2 + 0.5
        return images

    @torch.no_grad()
    def glance(self, latents: Latents) -> Images:
        """Small pictures, RGB in [0, 1], without the cost of `decode`."""
        if self._glance is None:
            self._glance = glance_of(self, self._tiny)
        return self._glance(latents).float().clamp(0, 1)

    @property
    def _offset(self) -> float:
        return float(getattr(self.pipeline.vae.config, "shift_factor", None) or 0.0)
