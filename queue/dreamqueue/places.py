"""Where a job stands, and what it costs, as far as can be told beforehand."""

from __future__ import annotations

from dreamqueue import costs
from dreamqueue.costs import cost_kind
from dreamqueue.forecast import Place
from dreamqueue.outlook import Outlooks
from dreamqueue.recipe import Recipe
from dreamqueue.store import JobStore

__all__ = ["Outlooks", "Place", "cost_kind", "estimate"]


async def estimate(store: JobStore, recipe: Recipe, done: int = 0) -> float:
    """Seconds that painting a recipe takes when `done` of its steps are there already."""
    return (await costs.cost(store.redis, recipe)).of(recipe.work - done)
