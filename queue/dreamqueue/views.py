"""Looking into the queue: the jobs of all, of a member, a channel, a worker, a lane, a page at a time.

One script reads a page and looks at `DEEP` waiting jobs at most, so a long queue costs no more than that.
"""

from __future__ import annotations

from typing import Any

from dreamqueue.controls import Those
from dreamqueue.job import Halt
from dreamqueue.lenient import table
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
    job, stored, state, worker, step, held, created, turned, reply = row
    known, place = table(stored), table(reply)
    recipe, owner = table(turned) or _inner(known, "recipe"), _inner(known, "owner")
    phrases = recipe.get("phrases")
    texts = [one.get("text") for one in phrases if isinstance(one, dict)] if isinstance(phrases, list) else []
    return JobSeen(
        id=job.decode(),
        state=state.decode(),
        member=str(owner.get("id", "?")),
        name=str(owner.get("name", "?")),
        backend=str(recipe.get("backend", "?")),
        words=clip(" | ".join(map(str, texts)), WORDS),
        worker=worker.decode() if state == b"painting" else "",
        step=_number(step),
        steps=_number(recipe.get("steps")),
        created=_number(created) / 1000,
        held=_halt(held),
        channel=str(place.get("channel") or ""),
        server=str(place.get("server") or ""),
    )


def _inner(table: dict[str, Any], name: str) -> dict[str, Any]:
    found = table.get(name)
    return found if isinstance(found, dict) else {}


def _number(raw: object) -> int:
    try:
        return int(raw or 0)  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError, OverflowError):
        return 0


def _halt(raw: bytes) -> Halt | None:
    try:
        return Halt.model_validate_json(raw) if raw else None
    except ValueError:
        return None
