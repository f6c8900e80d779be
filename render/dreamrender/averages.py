"""The picture that is shown may be an average: of a canvas's leaves over the last steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor


class Average:
    """Exponential moving average of leaves, bias-corrected (Kingma & Ba 2015, §3): calmer than the newest.

    Big Sleep shows its latents with decay 0.99, CLIP-steered StyleGAN with 0.9. It starts anew when the
    leaves change their shapes.
    """

    def __init__(self, decay: float) -> None:
        self.decay = decay
        self.count = 0
        """Steps in it."""
        self._sums: list[Tensor] = []

    @torch.no_grad()
    def add(self, leaves: Sequence[Tensor]) -> None:
        """One more step."""
        if [leaf.shape for leaf in leaves] != [total.shape for total in self._sums]:
            self.count, self._sums = 0, [torch.zeros_like(leaf) for leaf in leaves]
        self.count += 1
        for leaf, total in zip(leaves, self._sums, strict=True):
            total.lerp_(leaf, 1 - self.decay)

    @contextmanager
    def in_place_of(self, leaves: Sequence[Tensor]) -> Iterator[None]:
        """Inside, the leaves hold the average; afterwards the very numbers they held before."""
        fits = [leaf.shape for leaf in leaves] == [total.shape for total in self._sums]
        if self.count == 0 or not fits:
            yield
            return
        newest = [leaf.data for leaf in leaves]
        for leaf, total in zip(leaves, self._sums, strict=True):
            leaf.data = total / (1 - self.decay**self.count)
        try:
            yield
        finally:
            for leaf, data in zip(leaves, newest, strict=True):
                leaf.data = data

    def state(self) -> dict[str, Tensor]:
        """What a saved session keeps of it."""
        sums = {str(index): total for index, total in enumerate(self._sums)}
        return {"count": torch.tensor(self.count), **sums}

    def load(self, state: Mapping[str, Tensor], leaves: Sequence[Tensor]) -> None:
        """Put a state back; one of a preset that kept no average starts anew."""
        if "count" not in state:
            return
        self.count = int(state["count"])
        if self.count:
            self._sums = [state[str(index)].to(leaf.device) for index, leaf in enumerate(leaves)]
