"""What the workers that are awake offer, and the answers where they do not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from redis.asyncio import Redis

from dreamqueue import memory, workers
from dreamqueue.collection import unknown
from dreamqueue.errors import NobodyPaints
from dreamqueue.needs import Needs, lacks, least
from dreamqueue.recipe import Recipe


def check(cards: Sequence[workers.WorkerCard], recipe: Recipe, needs: Needs, member: str) -> None:
    """Raises a DreamError that says why no live worker can paint this; while none is awake, all may be.

    NobodyPaints, UnknownWord for a collection, or PaintError with the size that would fit.
    """
    if not cards or any(lacks(card, needs) is None for card in cards):
        return
    able = [card for card in cards if recipe.backend in card.backends]
    if able and recipe.collection is not None:
        usable = usable_by(member, able)
        if recipe.collection.name not in usable:
            raise unknown("collection", recipe.collection.name, usable)
    anything_else = needs.model_copy(update={"gigabytes": 0.0})
    room = [card.gigabytes or 0.0 for card in able if lacks(card, anything_else) is None]
    if room:
        memory.check(recipe, least(recipe), max(room) * 1e9)
    raise NobodyPaints(
        recipe.backend,
        sorted({name for card in cards for name in card.backends}),
        [f"`{card.name}` {lacks(card, needs)}" for card in able],
    )


def nobody(cards: Sequence[workers.WorkerCard], needs: Needs | None) -> str:
    """Why nobody takes a waiting job, in words that go on after "it waits:"."""
    if not cards:
        return "no worker is awake just now"
    able = [card for card in cards if needs is not None and needs.backend in card.backends]
    if needs is None or not able:
        return "no worker that is awake can paint it"
    return "; ".join(f"`{card.name}` {lacks(card, needs)}" for card in able[:3])


async def collections(redis: Redis, member: str) -> list[str]:
    """Names of the collections that a member may use, sorted."""
    return sorted(usable_by(member, await workers.awake(redis)))


def usable_by(member: str, cards: Iterable[workers.WorkerCard]) -> set[str]:
    """Names of the collections that workers have for everybody, and of those for this member."""
    own = f"@{member}/"
    labels = {label.removeprefix(own) for card in cards for label in card.collections}
    return {label for label in labels if not label.startswith("@")}
