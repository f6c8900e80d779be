"""The codebook while it learns: k-means to begin with, then moving averages, dead codes restarted."""

from collections.abc import Iterable

import torch
from torch import Tensor

CHUNK = 4096


def nearest(rows: Tensor, book: Tensor) -> Tensor:
    """Index of the nearest code of each row: (M, e), (K, e) → (M,)."""
    half = book.square().sum(1) / 2
    return torch.cat([(half - part @ book.T).argmin(1) for part in rows.split(CHUNK)])


def kmeans(rows: Tensor, count: int, rounds: int, generator: torch.Generator) -> Tensor:
    """`count` centres of rows (M, e), begun at rows drawn without repetition; empty ones are drawn anew."""
    book = rows[torch.randperm(len(rows), generator=generator)[:count]].clone()
    for _ in range(rounds):
        owner = nearest(rows, book)
        members = torch.bincount(owner, minlength=count)
        sums = torch.zeros_like(book).index_add_(0, owner, rows)
        book = sums / members.clamp_min(1)[:, None]
        empty = members == 0
        book[empty] = rows[torch.randint(len(rows), (int(empty.sum()),), generator=generator)]
    return book


class Averages:
    """Each code is the moving average of what was nearest to it (van den Oord et al. 2017, appendix A).

    All of it lies in shared memory, and processes update it without waiting for each other.
    """

    def __init__(self, book: Tensor, decay: float = 0.99) -> None:
        self.book, self.decay = book, decay
        self.uses = torch.ones(len(book)).share_memory_()
        self.sums = book.clone().share_memory_()
        self.ready = torch.zeros(1, dtype=torch.bool).share_memory_()

    def begin(self, book: Tensor) -> None:
        """Start from these codes."""
        self.book.copy_(book)
        self.sums.copy_(book)
        self.uses.fill_(1)
        self.ready.fill_(True)

    def update(self, rows: Tensor, owner: Tensor) -> None:
        """Move the codes towards their rows (M, e), in place."""
        members = torch.bincount(owner, minlength=len(self.book)).float()
        sums = torch.zeros_like(self.book).index_add_(0, owner, rows)
        self.uses.lerp_(members, 1 - self.decay)
        self.sums.lerp_(sums, 1 - self.decay)
        self.book.copy_(self.sums / self.uses.clamp_min(1e-6)[:, None])

    def restart(self, rows: Tensor, generator: torch.Generator, under: float = 0.03) -> int:
        """Codes used less than `under` times a batch begin again at random rows; how many those were."""
        dead = (self.uses < under).nonzero()[:, 0]
        dead = dead[torch.randperm(len(dead), generator=generator)[: len(rows) // 8]]
        self.book[dead] = rows[torch.randperm(len(rows), generator=generator)[: len(dead)]]
        self.sums[dead] = self.book[dead]
        self.uses[dead] = 1.0
        return len(dead)


def perplexity(owners: Iterable[Tensor], count: int) -> float:
    """How many codes are in use, as the exponential of their entropy."""
    share = torch.bincount(torch.cat(list(owners)), minlength=count).float()
    share = share / share.sum()
    return float(torch.special.entr(share).sum().exp())
