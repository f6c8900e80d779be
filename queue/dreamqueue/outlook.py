"""The queue as it is now, read once for all jobs, and the forecast that comes of it.

What a painting still takes is told by its progress once it has some. Members keep coming while a job waits,
and some go before it: what came in the last `WINDOW` is expected again, but not all of it (`EXPECTED`),
since people want to know the usual wait, which is shorter than the mean.
"""

from __future__ import annotations

import asyncio
import json
import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from dreamqueue import workers
from dreamqueue.errors import NoSuchJob
from dreamqueue.forecast import BAND, Comes, Place, Virtual, Waits, Works, forecast
from dreamqueue.halts import Halted, of_lane, standing
from dreamqueue.job import Halt
from dreamqueue.keys import WAITING, record
from dreamqueue.needs import Needs, lacks
from dreamqueue.offers import nobody
from dreamqueue.store import JobStore
from dreamqueue.workers import WorkerCard

MOST_READ = 10_000
"""Waiting jobs that are read; those behind them are told in proportion."""
UNKNOWN_COST_MS = 60_000.0
"""What a job is taken to cost whose record says nothing."""
FRESH = 2.0
"""Seconds for which a forecast is good."""
FRESH_ENOUGH = 0.5
"""The same, for a job that came since."""
WINDOW = 3600.0
"""Seconds of arrivals that are expected again,"""
REACH = 5400.0
"""for so many seconds from now,"""
EXPECTED = 0.65
"""and this share of them."""
GOLDEN = 0.6180339887


@dataclass(frozen=True)
class Outlook:
    """Places of all waiting jobs at one moment."""

    places: dict[str, Place] = field(default_factory=dict)
    scores: tuple[float, ...] = ()
    """Of the waiting jobs, in order."""
    order: tuple[str, ...] = ()
    needs: Mapping[str, Needs | None] = field(default_factory=dict)
    """Of the lanes that have jobs."""
    cards: Sequence[WorkerCard] = ()
    """Of the workers that take jobs."""
    resting: Sequence[WorkerCard] = ()
    """Of those that moderators have paused."""
    halted: Halted = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    """Jobs that a moderator holds aside."""

    def at(self, score: float) -> Place:
        """Where a job of this score would stand that came since."""
        at = bisect_left(self.scores, score)
        if at < len(self.order):
            return self.places[self.order[at]]
        if not self.order:
            return Place(0, 0.0)
        last = self.places[self.order[-1]]
        return Place(last.ahead + 1, last.starts_in)

    def explained(self, place: Place, job: str, lane: str) -> Place:
        """A place of a job that nobody begins, with the reason."""
        if job in self.held:
            return replace(place, halt="held", why="a moderator holds it")
        needs = self.needs.get(lane)
        halt = of_lane(self.halted, lane)
        if halt is None and needs is not None and not any(lacks(card, needs) is None for card in self.cards):
            able = (card for card in self.resting if lacks(card, needs) is None)
            halt = next((self.halted[f"worker:{card.name}"] for card in able), None)
        if halt is not None:
            return replace(place, halt="paused", until=halt.until, reason=halt.why, why=paused(halt))
        return replace(place, why=nobody(self.cards, needs))

    def behind(self, rank: int) -> Place:
        """Where a job stands that is further behind than was read."""
        last = self.places[self.order[-1]]
        much = rank / len(self.order)
        return Place(rank, None if last.starts_in is None else last.starts_in * much)


def paused(halt: Halt) -> str:
    """In words that go on after "it waits:"."""
    reason = f" ({halt.why})" if halt.why else ""
    return f"the queue is paused by moderators{reason}"


class Outlooks:
    """Keeps one outlook for `FRESH` seconds, for everybody in this process who asks."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self._lock = asyncio.Lock()
        self._at = float("-inf")
        self._newest = Outlook()

    async def place(self, job: str) -> Place | None:
        """Where a job stands; None once it is not waiting. Raises NoSuchJob."""
        facts = ["state", "score", "lane"]
        state, score, lane = await self._store.redis.hmget(record(job), facts)  # type: ignore[misc]
        if state is None:
            raise NoSuchJob(job)
        if state != b"waiting":
            return None
        outlook, age = await self._fresh(FRESH)
        if job not in outlook.places and age > FRESH_ENOUGH:
            outlook, age = await self._fresh(FRESH_ENOUGH)
        place = outlook.places.get(job) or await self._guessed(outlook, job, float(score))
        name = (lane or b"").decode()
        if place.starts_in is None or of_lane(outlook.halted, name):
            return outlook.explained(replace(place, starts_in=None), job, name)
        return Place(place.ahead, max(0.0, place.starts_in - age))

    async def _guessed(self, outlook: Outlook, job: str, score: float) -> Place:
        if len(outlook.order) < MOST_READ:
            return outlook.at(score)
        rank = await self._store.redis.zrank(WAITING, job)
        return outlook.behind(rank) if rank is not None and rank >= MOST_READ else outlook.at(score)

    async def _fresh(self, seconds: float) -> tuple[Outlook, float]:
        """One that is not older, and its age."""
        async with self._lock:
            age = time.monotonic() - self._at
            if age > seconds:
                self._newest, age = await look(self._store), 0.0
                self._at = time.monotonic()
            return self._newest, age


async def look(store: JobStore) -> Outlook:
    """Read the queue and play it through."""
    moment, waits, paints, lanes, fair, came, raw_halts = await store.run("look", [MOST_READ, store.moment])
    now = int(moment)
    needs = {name.decode(): _needs(raw) for name, raw in _rows(lanes, 2)}
    resting: dict[str, list[float]] = {}
    pace: dict[str, float] = {}
    halted = standing(dict(zip(raw_halts[::2], raw_halts[1::2], strict=True)), now / 1000)
    serving = [card for card in await workers.awake(store.redis) if card.mode == "serving"]
    cards = [card for card in serving if f"worker:{card.name}" not in halted]
    for card in cards:
        pace[card.name] = card.pace
    for _, worker, since, cost, seen, head in _rows(paints, 6):
        name = worker.decode()
        expected = _seconds(cost) * pace.get(name, 1.0)
        resting.setdefault(name, []).append(_rest(expected, now, float(since), seen, head))
    virtual = Virtual({name.decode(): float(at) for name, at in _rows(fair, 2) if b"member:" not in name})
    waiting = [
        Waits(job.decode(), float(score) + virtual.shift(lane.decode()), lane.decode(), _seconds(cost))
        for job, score, lane, cost, aside in _rows(waits, 5)
        if not aside
    ]
    waiting.sort(key=lambda job: (job.score, job.id))
    open_lanes = {lane: need for lane, need in needs.items() if of_lane(halted, lane) is None}
    places = forecast(
        waiting,
        [_works(card, open_lanes, resting.get(card.name, ())) for card in cards],
        expected_again([one for raw in came if (one := _came(raw)) is not None], now),
        virtual,
    )
    aside = frozenset(row[0].decode() for row in _rows(waits, 5) if row[4])
    places |= {job: Place(0, None) for job in aside}
    scores, order = tuple(job.score for job in waiting), tuple(job.id for job in waiting)
    resting_cards = [card for card in serving if card not in cards]
    return Outlook(places, scores, order, needs, cards, resting_cards, halted, aside)


def rest(expected: float, elapsed: float, progress: float) -> float:
    """Wall seconds that a painting still takes, which should take `expected` and has done this share."""
    if progress > 0:
        seen = min(1.0, 4 * progress)
        expected = seen * elapsed / progress + (1 - seen) * expected
    return max(expected - elapsed, 0.05 * expected)


def expected_again(came: Sequence[dict[str, Any]], now: int) -> list[Comes]:
    """Arrivals to come: those of the last while, evenly spread, so that a burst does not come back as one."""
    recent = [one for one in came if now - one["at"] <= WINDOW * 1000]
    if not recent:
        return []
    span = min(WINDOW, max(600.0, (now - recent[-1]["at"]) / 1000))
    recent.sort(key=lambda one: one["at"] * GOLDEN % 1)
    found = []
    for number in range(int(len(recent) * REACH / span)):
        one = recent[number % len(recent)]
        if number * GOLDEN % 1 < EXPECTED:
            after = (number + 0.5) / len(recent) * span
            found.append(Comes(after, (one["band"] + 1) * BAND, one["lead"], one["lane"], one["cost"] / 1000))
    return found


def _works(card: WorkerCard, needs: dict[str, Needs | None], resting: Sequence[float]) -> Works:
    able = (lane for lane, need in needs.items() if need is not None and lacks(card, need) is None)
    return Works(frozenset(able), card.slots, card.pace, tuple(resting))


def _rest(expected: float, now: int, since: float, seen: bytes, head: bytes) -> float:
    if not head:
        return rest(expected, (now - since) / 1000, 0.0)
    try:
        frame = json.loads(head)
        progress = frame["step"] / frame["steps"]
    except (ValueError, LookupError, TypeError, ArithmeticError, RecursionError):  # of another version
        return rest(expected, (now - since) / 1000, 0.0)
    late = (now - float(seen)) / 1000
    elapsed = max(0.0, (float(seen) - since) / 1000)
    return max(rest(expected, elapsed, progress) - late, 0.0)


def _came(raw: bytes) -> dict[str, Any] | None:
    try:
        one = json.loads(raw)
        numbers = [one[name] for name in ("at", "band", "lead", "cost")]
    except (ValueError, LookupError, TypeError, RecursionError):  # of another version
        return None
    fine = all(isinstance(number, int | float) for number in numbers) and isinstance(one["lane"], str)
    return one if fine else None


def _rows(flat: Sequence[bytes], width: int) -> list[Sequence[bytes]]:
    return [flat[at : at + width] for at in range(0, len(flat), width)]


def _seconds(cost_ms: bytes) -> float:
    return float(cost_ms or UNKNOWN_COST_MS) / 1000


def _needs(raw: bytes) -> Needs | None:
    try:
        return Needs.model_validate_json(raw)
    except ValueError:  # of another version
        return None
