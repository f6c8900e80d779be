"""Write the critic's one file: int8 matrices with fp16 row scales, the rest fp16, the vocabulary as bytes."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from dreamrender.critics.pocket import FORMAT, SCALE, VOCABULARY, digest_of, stored_reading, unpacked

#: Rows shorter than this stay fp16: depthwise kernels are small, and each one counts.
SHORTEST = 32
STEPS = 60


def quantised(tensor: Tensor) -> tuple[Tensor, Tensor]:
    """Int8 rows and their fp16 scales, each row clipped where its squared error is least."""
    rows = tensor.float().flatten(1)
    peak = rows.abs().amax(1, keepdim=True).clamp(min=1e-6)
    best, lowest = peak, torch.full_like(peak, torch.inf)
    for step in range(STEPS):
        clip = peak * (1 - step / (2 * STEPS))
        scale = (clip / 127).half().float().clamp(min=1e-7)
        error = (rows - (rows / scale).round().clamp(-127, 127) * scale).square().sum(1, keepdim=True)
        better = error < lowest
        best, lowest = torch.where(better, scale, best), torch.where(better, error, lowest)
    codes = (rows / best).round().clamp(-127, 127).to(torch.int8)
    return codes.view(tensor.shape), best[:, 0].half()


def packed(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights as the file stores them."""
    stored = {}
    for name, tensor in weights.items():
        if tensor.ndim > 1 and tensor[0].numel() >= SHORTEST and not name.endswith("positions"):
            stored[name], stored[name + SCALE] = quantised(tensor)
        else:
            stored[name] = tensor.half().contiguous()
    return stored


def as_shipped(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights after the way to the file and back."""
    return unpacked(packed(weights), torch.float32)


def write(
    path: Path, weights: Mapping[str, Tensor], vocabulary: Sequence[str], notes: Mapping[str, str]
) -> None:
    """Save a critic; `notes` join the metadata. Without a vocabulary it reads as `pocket` does."""
    stored = packed(weights)
    if vocabulary:
        stored[VOCABULARY] = torch.tensor(list("\n".join(vocabulary).encode()), dtype=torch.uint8)
    else:
        notes = {**notes, "reading": digest_of(stored_reading())}
    save_file(stored, path, metadata={"format": FORMAT, **notes})
