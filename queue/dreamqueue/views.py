"""Looking into the queue: the jobs of all, of a member, a channel, a worker, a lane, a page at a time.

One script reads a page and looks at `DEEP` waiting jobs at most, so a long queue costs no more than that.
"""

from __future__ import annotations

import json
from typing import Any

from dreamqueue.controls import Those
from dreamqueue.job import Halt
from dreamqueue.store import JobStore, queue_at_hand
from dreamqueue.text import clip
from dreamqueue.wire import Wire

PAGE = 10
"""Jobs of a page."""
DEEP = 2000
"""Waiting jobs that are looked at."""
WORDS = 80
"""Characters of a prompt that are told."""


class JobSeen(Wire):
    """A job in a list."""

    id: str
    state: str
    member: str
    name: str
    backend: str
    words: str
    worker: str = ""
    step: int = 0
    steps: int = 0
    created: float = 0.0
    """Unix seconds."""
    held: Halt | None = None
    channel: str = ""
    """Where its message is; "" if it has none."""
    server: str = ""


class Page(Wire):
    """A page of them."""

    jobs: tuple[JobSeen, ...]
    first: int
    """How many come before these."""
    total: int
    """How many there are, of those that were looked at."""
    more: bool
    """True if more wait than were looked at."""


async def view(store: JobStore, those: Those, first: int = 0, most: int = PAGE) -> Page:
    """Those that are painted, then those that wait in the order of their scores. Raises QueueAway."""
    async with queue_at_hand():
        total, more, rows = await store.run(
            "view", [those.kind, those.name, max(0, first), most, DEEP, those.server]
        )
    found = (rows[at : at + 9] for at in range(0, len(rows), 9))
    return Page(jobs=tuple(_seen(*row) for row in found), first=first, total=int(total), more=bool(more))


def _seen(*row: bytes) -> JobSeen:
    """Read leniently: it may be of another version."""
    job, stored, state, worker, step, held, created, turned, reply = row
    known: dict[str, Any] = json.loads(stored or b"{}")
    recipe = json.loads(turned) if turned else known.get("recipe", {})
    owner, place = known.get("owner", {}), json.loads(reply or b"{}")
    words = " | ".join(str(phrase.get("text", "")) for phrase in recipe.get("phrases", ()))
    try:
        halt = Halt.model_validate_json(held) if held else None
    except ValueError:
        halt = None
    return JobSeen(
        id=job.decode(),
        state=state.decode(),
        member=str(owner.get("id", "?")),
        name=str(owner.get("name", "?")),
        backend=str(recipe.get("backend", "?")),
        words=clip(words, WORDS),
        worker=worker.decode() if state == b"painting" else "",
        step=int(step or 0),
        steps=int(recipe.get("steps", 0)),
        created=float(created or 0) / 1000,
        held=halt,
        channel=str(place.get("channel") or ""),
        server=str(place.get("server") or ""),
    )
