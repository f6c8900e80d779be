"""Pocket critics: whole text–image encoders in small files, so that painting needs no download.

An EfficientNet-lite reads pictures, MiniLM reads words, and a small head each leads them into one space of
256 dimensions. There are two: `pocket`, and `pocket-judge`, which has an image tower and heads of its own but
reads words with the text tower in the file of `pocket`. `tools/pocket_critic` made both and says from what.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn
from torch.nn import functional as F

from dreamrender.critics.efficientnet_lite import CLASSES, FEATURES, LAYERS, SIZES, EfficientNetLite, Size
from dreamrender.critics.pocket_text import WIDTH, TextTower, mean_token
from dreamrender.critics.pocket_words import WordPieces

FORMAT = "aliendreams-pocket-critic-1"
EMBEDDED = Path(__file__).with_name("pocket.safetensors")
DIM = 256
#: The head was taught on pictures of between these sides (as the square root of the area).
SIDES = 160, 224
#: Balance of the two halves of the image head's input.
FEATURE_GAIN, CLASS_GAIN = 8.0, 4.0
SCALE = ".scale"
#: What a file leaves out that reads words with the text tower of `pocket`.
TEXT_TOWER, VOCABULARY = "text_tower.", "vocabulary"


class Head(nn.Module):
    """From a tower's output to the shared space: a straight way plus a bent one, on the unit sphere."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.k = nn.Linear(inputs, DIM)
        self.a = nn.Linear(inputs, hidden)
        self.n = nn.LayerNorm(hidden)
        self.b = nn.Linear(hidden, DIM)

    def forward(self, x: Tensor) -> Tensor:
        """(N, inputs) → unit vectors (N, 256)."""
        return F.normalize(self.k(x) + self.b(F.gelu(self.n(self.a(x)))), dim=-1, eps=1e-6)


def image_evidence(features: Tensor, logits: Tensor) -> Tensor:
    """What the image head reads, (N, 2280): how the picture looks, and what ImageNet would call it."""
    classes = torch.sqrt(F.softmax(logits.float(), dim=-1) + 1e-8).to(features.dtype)
    return torch.cat([F.normalize(features, dim=-1) * FEATURE_GAIN, classes * CLASS_GAIN], dim=-1)


class PocketCritic(nn.Module):
    """A small CLIP. Frozen: gradients reach the pixels and nothing else."""

    name: str = "pocket"
    dim: int = DIM
    max_tokens: int = 64
    layers: Sequence[str] = LAYERS

    def __init__(
        self,
        vocabulary: Sequence[str],
        image_hidden: int,
        text_hidden: int,
        size: Size = SIZES["lite2"],
        sides: tuple[int, int] = SIDES,
    ) -> None:
        super().__init__()
        self.words = WordPieces(vocabulary)
        self.sides = sides
        self.image_size = sides[0]
        self.image_tower = EfficientNetLite(size)
        self.image_head = Head(FEATURES + CLASSES, image_hidden)
        self.text_tower = TextTower(len(vocabulary), self.max_tokens + 2)
        self.text_head = Head(WIDTH, text_hidden)

    @classmethod
    def from_file(
        cls, path: Path = EMBEDDED, device: str | torch.device = "cpu", dtype: torch.dtype = torch.float32
    ) -> Self:
        """Load the critic from its one file; ValueError says what is wrong with a file that is not one."""
        stored, metadata = _read(path)
        if taught_with := metadata.get("reading"):
            stored |= (reading := stored_reading())
            if digest_of(reading) != taught_with:
                raise ValueError(f"{path} was taught with another text tower than that of {EMBEDDED.name}")
        try:
            vocabulary = bytes(stored.pop(VOCABULARY).tolist()).decode().split("\n")
            smallest, largest = map(int, metadata.get("sides", "160 224").split())
            hidden = int(metadata["image_hidden"]), int(metadata["text_hidden"])
            with torch.device("meta"):
                critic = cls(vocabulary, *hidden, SIZES[metadata.get("size", "lite2")], (smallest, largest))
            critic.load_state_dict(unpacked(stored, dtype), assign=True)
        except (KeyError, ValueError, RuntimeError) as error:
            raise ValueError(f"{path} is damaged or incomplete: {error}") from error
        critic.name = metadata.get("name", cls.name)
        critic.image_tower.channels_last()
        return critic.eval().requires_grad_(False).to(device)

    def encode_images(self, images: Tensor) -> Tensor:
        """Unit embeddings (N, 256) of RGB pictures in [0, 1], (N, 3, H, W); differentiable.

        Cutouts are read as they are; pictures far from their size are resized first.
        """
        pixels = _comfortable(images, self.sides).to(self.text_tower.positions.dtype)
        features, logits = self.image_tower(pixels.contiguous(memory_format=torch.channels_last))
        embeddings: Tensor = self.image_head(image_evidence(features, logits))
        return embeddings.float()

    def features(self, images: Tensor, layer: str) -> Tensor:
        """Activations of a layer of the image tower, (N, C, h, w); pictures of any size, read as they are."""
        pixels = images.to(self.text_tower.positions.dtype).contiguous(memory_format=torch.channels_last)
        return self.image_tower.features(pixels, layer).float()

    @torch.no_grad()
    def encode_texts(self, texts: Sequence[str]) -> Tensor:
        """Unit embeddings (N, 256) of texts; what goes beyond `max_tokens` is not read."""
        return self.read(texts)[2]

    @torch.no_grad()
    def read(self, texts: Sequence[str]) -> tuple[Tensor, Tensor, Tensor]:
        """What a diffusion model is told: token states (N, L, 384), mask (N, L), unit embeddings (N, 256).

        L is the longest text's tokens with its start and end; the mask is true where there is a token, and
        states elsewhere mean nothing. What goes beyond `max_tokens` is not read.
        """
        device = self.text_tower.positions.device
        rows = [
            [self.words.start, *self.words.encode(text)[: self.max_tokens], self.words.end] for text in texts
        ]
        if not rows:
            nothing = torch.empty(0, 0, device=device)
            return nothing.new_empty(0, 0, WIDTH), nothing.bool(), nothing.new_empty(0, self.dim)
        longest = max(map(len, rows))
        ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows], device=device)
        lengths = torch.tensor([len(row) for row in rows], device=device)
        mask = torch.arange(longest, device=device) < lengths[:, None]
        states = self.text_tower.states(ids, mask)
        embeddings: Tensor = self.text_head(mean_token(states, mask))
        return states.float(), mask, embeddings.float()

    def tokens(self, text: str) -> int:
        """How many tokens a text takes; more than `max_tokens` is cut."""
        return len(self.words.encode(text))


def unpacked(stored: Mapping[str, Tensor], dtype: torch.dtype) -> dict[str, Tensor]:
    """Weights ready to use: int8 rows are multiplied by their fp16 scales, the rest is cast."""
    weights = {}
    for name, tensor in stored.items():
        if name.endswith(SCALE):
            continue
        if tensor.dtype == torch.int8:
            scale = stored[name + SCALE].float()
            tensor = tensor.float() * scale.view(-1, *[1] * (tensor.ndim - 1))
        weights[name] = tensor.to(dtype)
    return weights


def stored_reading() -> dict[str, Tensor]:
    """The text tower and the vocabulary of `pocket`, as its file stores them."""
    stored, _ = _read(EMBEDDED)
    return {name: part for name, part in stored.items() if name.startswith((TEXT_TOWER, VOCABULARY))}


def digest_of(stored: Mapping[str, Tensor]) -> str:
    """sha256 of stored weights, by name."""
    digest = hashlib.sha256()
    for name in sorted(stored):
        digest.update(name.encode())
        digest.update(stored[name].flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != FORMAT:
                raise ValueError(f"{path} is not a pocket critic: its format is {metadata.get('format')!r}")
            return {name: file.get_tensor(name) for name in file.keys()}, metadata  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} cannot be read as a pocket critic: {error}") from error


def _comfortable(images: Tensor, sides: tuple[int, int]) -> Tensor:
    """Resize pictures whose area is outside what the head knows, keeping their proportions."""
    smallest, largest = sides
    height, width = images.shape[-2:]
    side = math.sqrt(height * width)
    scale = min(max(side, smallest), largest) / side
    if scale == 1:
        return images
    size = (max(32, round(height * scale)), max(32, round(width * scale)))
    return F.interpolate(images, size, mode="bilinear", antialias=scale < 1)
