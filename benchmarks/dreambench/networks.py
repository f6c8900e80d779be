"""The networks of 2021 with random weights: VQGAN f16-16384 and CLIP ViT-B/32. Small ones for tests."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from dreambench.reference.decoder import Decoder
from dreamrender import torchvision_ops
from dreamrender.critics.open_clip import OpenClipCritic
from dreamrender.fast.precision import Precision
from dreamrender.vqgan import VQGAN, Layers, Shape


@dataclass(frozen=True)
class Kind:
    """A pair of architectures: taming's configuration, and a CLIP of open_clip's by name or by its parts."""

    shape: Shape
    clip: str | tuple[dict[str, int], dict[str, int]]


_F16 = {"ch": 128, "ch_mult": (1, 1, 2, 2, 4), "num_res_blocks": 2, "attn_resolutions": (16,)}
TRUE = Kind(
    Shape(
        embed_dim=256,
        n_embed=16384,
        ddconfig=Layers.model_validate({**_F16, "resolution": 256, "z_channels": 256}),
    ),
    "ViT-B-32-quickgelu",
)
SMALL = Kind(
    Shape(
        embed_dim=16,
        n_embed=64,
        ddconfig=Layers(
            ch=32, ch_mult=(1, 2), num_res_blocks=1, attn_resolutions=(16,), resolution=32, z_channels=16
        ),
    ),
    (
        {"image_size": 32, "layers": 2, "width": 32, "head_width": 16, "patch_size": 8},
        {"context_length": 16, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2},
    ),
)


@dataclass(frozen=True)
class Networks:
    """A VQGAN and a CLIP, frozen; the plain loop and ours hold the same numbers."""

    vqgan: VQGAN
    clip: Any
    tokenizer: Any

    @classmethod
    def drawn(cls, kind: Kind, seed: int = 0, device: str = "cpu") -> Networks:
        """Random weights. Codes are standard normal: those as initialised are all nearly zero."""
        torchvision_ops.declare()
        import open_clip

        with torch.random.fork_rng():
            torch.manual_seed(seed)
            vqgan = VQGAN(kind.shape)
            vqgan.codebook.data.normal_()
            if isinstance(kind.clip, str):
                clip: Any = open_clip.CLIP(**_parts(open_clip.get_model_config(kind.clip)))
            else:
                vision, text = kind.clip
                clip = open_clip.CLIP(
                    16, open_clip.CLIPVisionCfg(**vision), open_clip.CLIPTextCfg(**text), quick_gelu=True
                )
        for network in (vqgan, clip):
            network.eval().requires_grad_(False).to(device)
        return cls(vqgan, clip, open_clip.SimpleTokenizer(context_length=clip.context_length))

    def painter(self, precision: Precision) -> VQGAN:
        """The VQGAN as the product holds it; put into that format for good."""
        return self.vqgan.hasten(precision)

    def copy(self) -> Networks:
        """Others with the same weights."""
        return Networks(copy.deepcopy(self.vqgan), copy.deepcopy(self.clip), self.tokenizer)

    @property
    def side(self) -> int:
        """Of the cutouts, in pixels."""
        return int(self.clip.visual.image_size[0])

    def plain_decoder(self) -> Callable[[Tensor], Tensor]:
        """The reference's own, with these weights."""
        layers, before = self.vqgan.shape.ddconfig, self.vqgan.post_quant_conv
        with torch.device("meta"):
            decoder = Decoder(
                layers.ch,
                layers.ch_mult,
                layers.num_res_blocks,
                layers.attn_resolutions,
                layers.resolution,
                layers.z_channels,
            )
        decoder.load_state_dict(self.vqgan.decoder.state_dict(), assign=True)
        decoder.requires_grad_(False)
        return lambda z: decoder(before(z))

    def critic(self, precision: Precision) -> OpenClipCritic:
        """The CLIP as the product holds it; put into that format for good."""
        from dreambench.reference.loop import MEAN, STD

        return OpenClipCritic(
            self.clip,
            self.tokenizer,
            name="random",
            dim=self.clip.visual.output_dim,
            preprocessing={"size": self.side, "mean": MEAN, "std": STD},
            device=str(self.vqgan.codebook.device),
            precision=precision,
        )

    def codes(self, side: int, seed: int = 0) -> Tensor:
        """Random codes of a square picture, (1, e, side/f, side/f)."""
        book, cells = self.vqgan.codebook, side // self.vqgan.factor
        generator = torch.Generator(book.device).manual_seed(seed)
        chosen = torch.randint(len(book), (1, cells, cells), generator=generator, device=book.device)
        return book[chosen].movedim(-1, 1)


def _parts(config: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in config.items() if name not in ("custom_text",)}
