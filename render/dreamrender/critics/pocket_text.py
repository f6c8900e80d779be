"""The pocket critic's text tower: a small BERT (MiniLM's six layers of 384) that averages its tokens."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

WIDTH, HEADS, LAYERS, INNER = 384, 12, 6, 1536
EPSILON = 1e-12


class Layer(nn.Module):
    """Attention, then a two-layer perceptron, each added and normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.attend = nn.Linear(WIDTH, 3 * WIDTH)
        self.merge = nn.Linear(WIDTH, WIDTH)
        self.norm1 = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.widen = nn.Linear(WIDTH, INNER)
        self.narrow = nn.Linear(INNER, WIDTH)
        self.norm2 = nn.LayerNorm(WIDTH, eps=EPSILON)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """(N, tokens, 384) → the same; mask (N, 1, 1, tokens) is true where there is a token."""
        count, length, _ = x.shape
        query, key, value = self.attend(x).view(count, length, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
        seen = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        x = self.norm1(x + self.merge(seen.transpose(1, 2).reshape(count, length, WIDTH)))
        y: Tensor = self.norm2(x + self.narrow(F.gelu(self.widen(x))))
        return y


class TextTower(nn.Module):
    """Token ids to one vector a text."""

    def __init__(self, vocabulary: int, positions: int) -> None:
        super().__init__()
        self.words = nn.Embedding(vocabulary, WIDTH)
        self.positions = nn.Parameter(torch.zeros(positions, WIDTH))
        self.norm = nn.LayerNorm(WIDTH, eps=EPSILON)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Ids (N, tokens) and mask (N, tokens), true where there is a token → mean token (N, 384)."""
        return mean_token(self.states(ids, mask), mask)

    def states(self, ids: Tensor, mask: Tensor) -> Tensor:
        """What the last layer makes of every token, (N, tokens, 384); ids and mask as in `forward`."""
        x: Tensor = self.norm(self.words(ids) + self.positions[: ids.shape[1]])
        for layer in self.layers:
            x = layer(x, mask[:, None, None, :])
        return x


def mean_token(states: Tensor, mask: Tensor) -> Tensor:
    """The mean over the tokens that are there: (N, tokens, 384) and mask (N, tokens) → (N, 384)."""
    present = mask[..., None].to(states.dtype)
    return (states * present).sum(1) / present.sum(1)
