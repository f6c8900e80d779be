"""The tricks of a community in Redis: shared, edited, voted on, reported, moderated and forgotten.

What changes them is one Lua script each, so that two who edit at once, or press twice, lose nothing. All
times are Unix seconds by Redis' clock. Every method raises QueueAway when Redis does not answer.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.errors import NameTaken, NotYours, TrickChanged, TrickError, UnknownWord
from dreamqueue.job import Owner
from dreamqueue.prompt.menu import name_of, nearest
from dreamqueue.scripts import script
from dreamqueue.store import queue_at_hand
from dreamqueue.text import clip, normalise, quote
from dreamqueue.tricks.drafting import of_a_starter
from dreamqueue.tricks.names import skeleton, trick_name
from dreamqueue.tricks.record import COUNTED, Trick, starters

log = logging.getLogger(__name__)

MOST_TRICKS = 1000
"""Of a community; all of them lie in the memory of its bot."""
MOST_OF_ONE = 100
"""Of one member."""
MOST_REPORTS = 100
"""Of one trick that are kept."""
LONGEST_WHY = 300
FARTHEST = 8
"""Tricks that were merged one into the next are followed so far."""

Vote = Literal[-1, 0, 1]


class TrickStore:
    """The tricks as they are known to everybody, those that are shipped among them."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    async def all(self) -> dict[str, Trick]:
        """All tricks by name, hidden and merged ones too; those that are shipped first."""
        async with queue_at_hand(), self.redis.pipeline(transaction=True) as pipe:
            pipe.hgetall(keys.TRICKS)
            pipe.hgetall(keys.TRICK_COUNTS)
            records, counts = await pipe.execute()
        found: dict[str, Trick] = dict(starters())
        for name, raw in sorted(records.items()):
            try:
                found[name.decode()] = Trick.model_validate_json(raw)
            except ValueError:
                log.warning("trick %r was written by another version; it is passed over", name)
        tallies = _tallies(counts)
        return {name: _with(trick, tallies.get(name, {})) for name, trick in found.items()}

    async def changes(self) -> int:
        """How often tricks have changed: another number than before means that `all` has news."""
        async with queue_at_hand():
            return int(await self.redis.get(keys.TRICKS_CHANGED) or 0)

    async def get(self, name: str) -> Trick:
        """The trick that a name means, whatever it was merged into. Raises UnknownWord."""
        return resolved(name, await self.all())

    async def put(self, trick: Trick) -> Trick:
        """Share a new trick (version 1), or the next version of a known one; as it is kept now.

        Raises NameTaken, TrickChanged if somebody else was faster, TrickError where there are too many.
        """
        shipped = starters().get(trick.name)
        alike = of_a_starter(trick.name)
        if alike is not None and alike.name != trick.name:
            raise NameTaken(trick.name, alike.name)
        if trick.version == 1:
            trick = trick.model_copy(update={"created": await self._now()})
        verdict, *facts = await self._run(
            "trick_put",
            trick.name,
            trick.stored(),
            trick.version,
            0 if shipped is None else shipped.version,
            skeleton(trick.name),
            trick.author.id if trick.author else "",
            MOST_TRICKS,
            MOST_OF_ONE,
        )
        match verdict:
            case b"taken":
                raise NameTaken(trick.name, facts[0].decode())
            case b"changed":
                raise TrickChanged(trick.name)
            case b"full":
                raise TrickError(f"There are {MOST_TRICKS:,} tricks already; a moderator has to make room.")
            case b"enough":
                raise TrickError(f"You share {MOST_OF_ONE} tricks already; please remove one first.")
        return trick

    async def vote(self, name: str, member: str, vote: Vote) -> Trick:
        """Count a member's vote: for (1), against (-1) or neither (0); the last one counts.

        Raises NotYours for the author, UnknownWord.
        """
        trick = await self.get(name)
        shipped = int(trick.name in starters())
        verdict, *counts = await self._run("trick_vote", trick.name, member, vote, shipped)
        if verdict == b"own":
            raise NotYours(f"`{trick.name}` is your own; the others vote on it.")
        if verdict == b"unknown":
            raise unknown(name, ())
        return trick.model_copy(update={"up": int(counts[0]), "down": int(counts[1])})

    async def used(self, job: str, names: Iterable[str]) -> bool:
        """A job painted a picture with these tricks. Each job counts once: False if it had counted."""
        wanted = list(dict.fromkeys(names))
        return bool(wanted) and bool(await self._run("trick_used", job, *wanted))

    async def report(self, name: str, member: str, why: str) -> int:
        """Note what a member has against a trick; how many members have. Raises UnknownWord."""
        trick = await self.get(name)
        words = clip(normalise(why[: 4 * LONGEST_WHY]), LONGEST_WHY)
        shipped = int(trick.name in starters())
        count = await self._run("trick_report", trick.name, member, words, shipped, MOST_REPORTS)
        if count < 0:
            raise unknown(name, ())
        return int(count)

    async def reports(self, name: str) -> dict[str, str]:
        """Why members have reported a trick, by member."""
        async with queue_at_hand():
            found = await self.redis.hgetall(keys.trick_reports(name))  # type: ignore[misc]
        return {member.decode(): why.decode() for member, why in found.items()}

    async def hide(self, name: str, hidden: bool = True) -> Trick:
        """Take a trick off the menu, or put it back. Raises UnknownWord, TrickChanged."""
        trick = await self.get(name)
        state: Literal["hidden", "offered"] = "hidden" if hidden else "offered"
        if trick.state == state:
            return trick
        return await self.put(trick.model_copy(update={"state": state, "version": trick.version + 1}))

    async def rename(self, name: str, new: str) -> Trick:
        """Give a trick another name; the old one goes on working.

        Raises UnknownWord, TrickError, NameTaken.
        """
        trick, wanted = await self.get(name), trick_name(new)
        alike = of_a_starter(wanted)
        if wanted == trick.name or (alike is not None and alike.name != trick.name):
            raise NameTaken(wanted, alike.name if alike else wanted)
        renamed = trick.model_copy(update={"name": wanted, "version": trick.version + 1})
        await self._move(trick, renamed, renamed.stored())
        return renamed

    async def merge(self, name: str, into: str) -> Trick:
        """Make a trick part of another one, with its votes and uses; its name means the other from now on.

        Raises UnknownWord, TrickError, TrickChanged.
        """
        known = await self.all()
        trick, other = resolved(name, known), resolved(into, known)
        if trick.name == other.name:
            raise TrickError(f"`{quote(name)}` and `{quote(into)}` are one trick already.")
        await self._move(trick, other, "")
        return await self.get(other.name)

    async def remove(self, trick: Trick) -> None:
        """Forget a trick, its votes and its reports. Raises TrickChanged if it is not as it was seen."""
        if trick.name in starters():
            raise TrickError(f"`{trick.name}` came with the house; a moderator can hide it.")
        if not await self._run("trick_remove", trick.name, trick.version, skeleton(trick.name)):
            raise TrickChanged(trick.name)

    async def forget(self, member: str) -> int:
        """A member wants to be forgotten: their tricks become nobody's, their votes and reports go. How many
        tricks were theirs."""
        return int(await self._run("trick_forget", member, *starters()))

    async def keep(self) -> None:
        """Tricks are in use: let nothing of them expire for another season."""
        await self._run("trick_keep", *starters())

    async def _move(self, trick: Trick, to: Trick, record: str) -> None:
        stub = Trick(name=trick.name, version=trick.version + 1, state="merged", into=to.name)
        verdict, *facts = await self._run(
            "trick_move",
            trick.name,
            stub.stored(),
            to.name,
            record,
            trick.version,
            int(trick.name in starters()),
            skeleton(to.name),
            skeleton(trick.name),
        )
        if verdict == b"taken":
            raise NameTaken(to.name, facts[0].decode())
        if verdict == b"changed":
            raise TrickChanged(trick.name)

    async def _run(self, name: str, *arguments: str | int) -> Any:
        async with queue_at_hand():
            return await self.redis.register_script(script(name))(args=list(arguments))

    async def _now(self) -> float:
        async with queue_at_hand():
            seconds, micros = await self.redis.time()
        return float(seconds) + float(micros) / 1e6


def resolved(name: str, known: Mapping[str, Trick]) -> Trick:
    """The trick that a name means, however it is spelt, whatever it was merged into. Raises UnknownWord."""
    wanted: str | None = name_of(normalise(name[:200]))
    for _ in range(FARTHEST):
        trick = known.get(wanted or "")
        if trick is None:
            break
        if trick.state != "merged":
            return trick
        wanted = trick.into
    raise unknown(name, known)


def unknown(name: str, known: Mapping[str, Trick] | Iterable[str]) -> UnknownWord:
    """The error for a name that means no trick."""
    return UnknownWord("trick", quote(name), nearest(name, known), sorted(known)[:25])


def owned_by(trick: Trick, member: Owner) -> bool:
    """Whether a trick is a member's own."""
    return trick.author is not None and trick.author.id == member.id


def _tallies(counts: Mapping[bytes, bytes]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for field, value in counts.items():
        what, _, name = field.decode().partition(":")
        if what in COUNTED:
            found.setdefault(name, {})[what] = max(0, int(value))
    return found


def _with(trick: Trick, tally: Mapping[str, int]) -> Trick:
    return trick.model_copy(update=dict(tally)) if tally else trick
