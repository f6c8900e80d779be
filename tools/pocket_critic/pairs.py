"""The cached pictures and words, mixed into batches."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import torch
from safetensors.torch import load_file
from texts import CAPTIONS, STYLED
from torch import Tensor

#: Share of each batch that a set gets, where it is there at all.
SHARES = {"flickr": 0.6, "unlabelled": 0.12, "clipart": 0.12, "emoji": 0.07, "stamp": 0.04, "paint": 0.05}
VALIDATION = 500
#: Sets whose styled view would contradict its words.
PLAIN = ("paint", "unlabelled")
#: A photo without captions is named after a class where the classifier is this sure.
SURE = 0.3


@dataclass(frozen=True)
class Batch:
    """Pictures as the tower saw them, and a caption each."""

    features: Tensor  # (N, 1280)
    logits: Tensor  # (N, 1000)
    captions: Tensor  # (N, 384)


class Pairs:
    """Every picture's views and captions, in flat tables."""

    def __init__(
        self,
        features: Sequence[Tensor],
        sets: Sequence[str],
        hidden: Tensor,
        texts: Mapping[str, Tensor],
        classifier: tuple[Tensor, Tensor],
    ) -> None:
        self.views = torch.cat([f.flatten(0, 1) for f in features])
        self.counts = torch.cat([torch.full((len(f),), f.shape[1]) for f in features])
        self.starts = self.counts.cumsum(0) - self.counts
        self.captions = texts["captions"].view(-1, CAPTIONS, texts["captions"].shape[-1])
        self.styled = texts["styled"].view(-1, STYLED, texts["styled"].shape[-1])
        self.classes = texts["classes"].float()
        self.phrases = texts["phrases"]
        self.weight, self.bias = classifier
        self.plain = torch.tensor([kind in PLAIN for kind in sets])
        self._name_unlabelled(sets, texts)
        usable = ~hidden & (self.captions.abs().sum((1, 2)) > 0)
        flickr = torch.tensor([kind == "flickr" for kind in sets]) & usable
        self.validating = flickr.nonzero()[:, 0][:VALIDATION]
        usable[self.validating] = False
        of_set = {kind: torch.tensor([s == kind for s in sets]) & usable for kind in SHARES}
        self.pools = {kind: mask.nonzero()[:, 0] for kind, mask in of_set.items() if mask.any()}
        print({kind: len(pool) for kind, pool in self.pools.items()})

    @classmethod
    def load(cls, sources: Sequence[tuple[Path, Path]], texts: Path, tower: Mapping[str, Tensor]) -> Self:
        """Read manifests with their features, the embedded texts and the classifier of the image tower."""
        rows = [json.loads(line) for manifest, _ in sources for line in manifest.read_text().splitlines()]
        return cls(
            [load_file(features)["features"] for _, features in sources],
            [row["set"] for row in rows],
            torch.tensor([row.get("split") == "held-out" for row in rows]),
            load_file(texts),
            (tower["classifier.weight"], tower["classifier.bias"]),
        )

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        """A random view of random pictures, with a caption that fits the view."""
        total = sum(SHARES[kind] for kind in self.pools)
        chosen = []
        for kind, pool in self.pools.items():
            count = round(size * SHARES[kind] / total)
            chosen.append(pool[torch.randint(len(pool), (count,), generator=generator)])
        index = torch.cat(chosen)
        views = self.counts[index] - self.plain[index].long()
        view = (torch.rand(len(index), generator=generator) * views).long()
        features = self.views[self.starts[index] + view].float()
        caption = self.captions[index, torch.randint(CAPTIONS, (len(index),), generator=generator)]
        styled = self.styled[index, torch.randint(STYLED, (len(index),), generator=generator)]
        is_styled = (view == self.counts[index] - 1)[:, None]
        return Batch(features, self._logits(features), torch.where(is_styled, styled, caption).float())

    def some_phrases(self, count: int, generator: torch.Generator) -> Tensor:
        """Embeddings (count, 384) of random phrases."""
        return self.phrases[torch.randint(len(self.phrases), (count,), generator=generator)].float()

    def validation(self) -> tuple[Tensor, Tensor, Tensor]:
        """Whole photos kept from training: features, logits, captions (N, 5, 384)."""
        features = self.views[self.starts[self.validating]].float()
        return features, self._logits(features), self.captions[self.validating].float()

    def _logits(self, features: Tensor) -> Tensor:
        return features @ self.weight.T + self.bias

    def _name_unlabelled(self, sets: Sequence[str], texts: Mapping[str, Tensor]) -> None:
        """Name photos without captions after what the classifier sees; unsure ones get zeros: unused."""
        index = torch.tensor([kind == "unlabelled" for kind in sets]).nonzero()[:, 0]
        if not len(index):
            return
        sure, best = self._logits(self.views[self.starts[index]].float()).softmax(-1).max(-1)
        both = torch.stack([texts["classes"][best], texts["class_words"][best]], 1)
        both[sure < SURE] = 0
        self.captions[index] = both[:, torch.arange(CAPTIONS) % 2]
