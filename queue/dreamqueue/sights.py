"""What a worker found on a picture before it told of it: concepts of `dreamconfig.concepts`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, TypeAlias

from dreamqueue.wire import Wire, unless


class Seen(Wire):
    """A concept that is on a picture."""

    concept: str
    score: float
    """Cosine similarity of the concept's best text."""
    over: float
    """By how much that is above the best counter text."""


Sights: TypeAlias = tuple[Seen, ...] | None
"""What was found, each concept once; None: nobody has looked."""
Found = Annotated[Sights, unless(None)]
"""In a record, where it is left out as long as nobody looks: so a bot of the version before can read it."""


def together(sights: Iterable[Sights]) -> Sights:
    """Of several pictures that are shown as one; None if one of them was not looked at."""
    best: dict[str, Seen] = {}
    for one in sights:
        if one is None:
            return None
        for seen in one:
            before = best.get(seen.concept)
            if before is None or seen.over > before.over:
                best[seen.concept] = seen
    return tuple(best[name] for name in sorted(best))


def names(sights: Sights) -> tuple[str, ...] | None:
    """The concepts; None: nobody has looked."""
    return None if sights is None else tuple(seen.concept for seen in sights)
