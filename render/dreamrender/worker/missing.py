"""Models that a job needs and that are not here: fetched first, where the setting allows it."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence

from dreamconfig.catalogue import models, needed
from dreamqueue import keys
from dreamqueue.events import Cancel, Stop, read_order
from dreamqueue.recipe import Recipe
from dreamqueue.store import JobStore, RedisAway
from dreamrender.fetching import GivenUp
from dreamrender.shelf import Shelf, shelf

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often it is looked whether the job was cancelled meanwhile."""


async def fetch_missing(store: JobStore, job: str, recipe: Recipe) -> Cancel | Stop | None:
    """Fetch what a recipe needs; gives the order that ended the job meanwhile, if there was one.

    Does nothing unless DREAM_DOWNLOAD is set: then the painter says what is missing. Raises PaintError.
    """
    own = shelf()
    if not own.download:
        return None
    give_up = threading.Event()
    fetching = asyncio.create_task(asyncio.to_thread(_fetch, own, recipe, give_up))
    order: Cancel | Stop | None = None
    try:
        while not (await asyncio.wait({fetching}, timeout=LOOK_SECONDS))[0]:
            if order := await _order(store, job):
                give_up.set()
        await fetching
    except GivenUp:
        return order
    finally:
        give_up.set()
    return order


def fetch_all(own: Shelf, names: Sequence[str], give_up: threading.Event | None = None) -> None:
    """Fetch those of these models that are not here. May take long. Raises PaintError."""
    for name in names:
        if not own.here(name):
            log.info("fetching the model %s", name)
            own.fetch(name, give_up=give_up)


def _fetch(own: Shelf, recipe: Recipe, give_up: threading.Event) -> None:
    loras = [lora.name for lora in recipe.loras if lora.name in models()]
    fetch_all(own, [*needed(recipe.backend, recipe.preset, recipe.critics), *loras], give_up)


async def _order(store: JobStore, job: str) -> Cancel | Stop | None:
    try:
        raw = await store.redis.hget(keys.record(job), "order")  # type: ignore[misc]
    except RedisAway:
        return None
    order = read_order(raw) if raw is not None else None
    return order if isinstance(order, Cancel | Stop) else None
