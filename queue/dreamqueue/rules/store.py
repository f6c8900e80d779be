"""Word rules in Redis beside those of the file, and what was typed of late, to try a new rule on.

The rules are one hash with a version that grows at each change, so a process that has read them asks for one
number. What was typed is a stream: the newest 2,000 of the last seven days, by whom, and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ValidationError
from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.errors import BadValue
from dreamqueue.rules.matcher import LONGEST_TEXT, MOST_PATTERNS, MOST_RULES, Matcher
from dreamqueue.rules.rule import Rule, compiled
from dreamqueue.store import SEASON_MS, queue_at_hand
from dreamqueue.wire import Wire

log = logging.getLogger(__name__)

VERSION = "version"
"""Field of the hash that is no rule: a rule's name has a colon."""
REMEMBERED = 2000
"""Texts that are remembered at most."""
REMEMBERED_MS = 7 * 24 * 3_600_000
"""For how long."""


class Typed(Wire):
    """What somebody typed."""

    member: str
    text: str


@dataclass(frozen=True)
class Trial:
    """What a rule would have done to what was typed of late."""

    texts: int
    """How many were looked at."""
    broken: tuple[Typed, ...]
    """Those that break it, the newest first."""

    @property
    def members(self) -> int:
        """How many people typed those."""
        return len({typed.member for typed in self.broken})


class RuleStore:
    """The word rules of a community. Everything raises QueueAway while Redis is away."""

    def __init__(self, redis: Redis, own: Sequence[Rule] = ()) -> None:
        """`own` are those of the file, which no command removes."""
        self._redis = redis
        self.own = tuple(own)
        self._version = b""
        self._matcher: Matcher | None = None

    async def matcher(self) -> Matcher:
        """All rules, as they are now."""
        async with queue_at_hand():
            version = await self._redis.hget(keys.RULES, VERSION) or b""  # type: ignore[misc]
            if self._matcher is None or version != self._version:
                self._matcher = Matcher([*self.own, *await self._added()])
                self._version = version
            if version:
                await self._redis.pexpire(keys.RULES, SEASON_MS)
        return self._matcher

    async def rules(self) -> tuple[Rule, ...]:
        """All of them, the file's first."""
        return (await self.matcher()).rules

    async def add(self, rule: Rule) -> None:
        """Add a rule, or replace the one of its name. Raises BadValue if there are too many."""
        rules = {known.name: known for known in await self.rules()} | {rule.name: rule}
        if len(rules) > MOST_RULES:
            raise BadValue(rule.text, f"there are {MOST_RULES:,} rules already.")
        if sum(known.kind == "regex" for known in rules.values()) > MOST_PATTERNS:
            raise BadValue(rule.text, f"there are {MOST_PATTERNS} regular expressions already.")
        async with queue_at_hand():
            seconds, micros = await self._redis.time()
            stored = rule.model_copy(update={"added": float(seconds) + float(micros) / 1e6})
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.hset(keys.RULES, rule.name, stored.model_dump_json())
                pipe.hincrby(keys.RULES, VERSION, 1)
                pipe.pexpire(keys.RULES, SEASON_MS)
                await pipe.execute()

    async def remove(self, name: str) -> bool:
        """Remove a rule by its name; False if it was not there. Raises BadValue for one of the file's."""
        if any(rule.name == name for rule in self.own):
            raise BadValue(name, "this one is in the file of DREAM_WORD_RULES, and no command removes it.")
        if ":" not in name:
            return False
        async with queue_at_hand(), self._redis.pipeline(transaction=True) as pipe:
            pipe.hdel(keys.RULES, name)
            pipe.hincrby(keys.RULES, VERSION, 1)
            pipe.pexpire(keys.RULES, SEASON_MS)
            removed, *_ = await pipe.execute()
        return bool(removed)

    async def note(self, member: str, text: str) -> None:
        """Remember what somebody typed."""
        typed = Typed(member=member, text=text[:LONGEST_TEXT])
        async with queue_at_hand(), self._redis.pipeline(transaction=True) as pipe:
            pipe.xadd(keys.TYPED, {"typed": typed.model_dump_json()}, maxlen=REMEMBERED, approximate=False)
            pipe.pexpire(keys.TYPED, REMEMBERED_MS)
            await pipe.execute()

    async def recent(self) -> list[Typed]:
        """What was typed in the last seven days and is remembered, the newest first."""
        return [typed for _, typed in await self._remembered()]

    async def try_out(self, rule: Rule) -> Trial:
        """What a rule would have done, with the words that are allowed now."""
        allowed = [known for known in await self.rules() if known.kind == "allow"]
        matcher = Matcher([*allowed, rule])
        recent = await self.recent()

        def broken() -> tuple[Typed, ...]:
            return tuple(typed for typed in recent if matcher.broken_by(typed.text))

        return Trial(len(recent), await asyncio.to_thread(broken))

    async def forget(self, member: str) -> int:
        """Forget what a member typed; how many texts that were."""
        entries = [entry for entry, typed in await self._remembered() if typed.member == member]
        async with queue_at_hand():
            for start in range(0, len(entries), 500):
                await self._redis.xdel(keys.TYPED, *entries[start : start + 500])
        return len(entries)

    async def _remembered(self) -> list[tuple[bytes, Typed]]:
        async with queue_at_hand():
            seconds, _ = await self._redis.time()
            oldest = int(seconds) * 1000 - REMEMBERED_MS
            await self._redis.xtrim(keys.TYPED, minid=oldest, approximate=False)
            entries = await self._redis.xrevrange(keys.TYPED, count=REMEMBERED)
        return [(entry, typed) for entry, fields in entries if (typed := _read(fields)) is not None]

    async def _added(self) -> list[Rule]:
        found = await self._redis.hgetall(keys.RULES)  # type: ignore[misc]
        rules = []
        for name, raw in found.items():
            if name.decode() == VERSION:
                continue
            try:
                rule = Rule.model_validate_json(raw)
                if rule.kind == "regex":
                    compiled(rule.text)
                rules.append(rule)
            except (ValidationError, BadValue):
                log.warning("word rule %r was written by another version; only the others hold", name)
        return sorted(rules, key=lambda rule: rule.added)


def _read(fields: dict[bytes, bytes]) -> Typed | None:
    try:
        return Typed.model_validate_json(fields.get(b"typed", b""))
    except ValidationError:
        return None
