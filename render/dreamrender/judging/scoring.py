"""Pictures and words in a critic's space, and how near they are to each other."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from PIL.Image import Image as PILImage
from torch import Tensor, nn

from dreamrender.critics import Critic
from dreamrender.picture import from_pil
from dreamrender.types import Embeddings

AT_ONCE = 8
"""Pictures of a size that are looked at together."""
TEXTS_AT_ONCE = 64


@torch.no_grad()
def seen_by(critic: Critic, pictures: Sequence[PILImage]) -> Embeddings:
    """Unit embeddings of RGB pictures of any sizes, (N, dim), in main memory."""
    device = _device(critic)
    rows: list[Tensor] = []
    for batch in _alike(pictures):
        images = torch.stack([from_pil(picture) for picture in batch]).to(device)
        rows.append(critic.encode_images(images).float().cpu())
    return torch.cat(rows) if rows else torch.empty(0, critic.dim)


@torch.no_grad()
def read_by(critic: Critic, texts: Sequence[str]) -> Embeddings:
    """Unit embeddings of texts, (N, dim), in main memory."""
    batches = [texts[at : at + TEXTS_AT_ONCE] for at in range(0, len(texts), TEXTS_AT_ONCE)]
    rows = [critic.encode_texts(batch).float().cpu() for batch in batches]
    return torch.cat(rows) if rows else torch.empty(0, critic.dim)


def similarities(critic: Critic, pictures: Sequence[PILImage], texts: Sequence[str]) -> Tensor:
    """Cosine similarities in [-1, 1], (pictures, texts)."""
    return seen_by(critic, pictures) @ read_by(critic, texts).T


def _alike(pictures: Sequence[PILImage]) -> list[list[PILImage]]:
    """In their order, in batches of one size."""
    batches: list[list[PILImage]] = []
    for picture in pictures:
        if batches and len(batches[-1]) < AT_ONCE and batches[-1][0].size == picture.size:
            batches[-1].append(picture)
        else:
            batches.append([picture])
    return batches


def _device(critic: Critic) -> torch.device:
    """Where a critic reads: its own word, else where its weights are."""
    device = getattr(critic, "device", None)
    if device is not None:
        return torch.device(device)
    return next(critic.parameters()).device if isinstance(critic, nn.Module) else torch.device("cpu")
