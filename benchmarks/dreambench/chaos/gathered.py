"""What is there when all is over: records and keys as Redis has them, messages as people see them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from redis.asyncio import Redis

from dreampractice import PracticeDiscord
from dreampractice.messages import Message
from dreamqueue import keys

HELD = (
    keys.OPEN,
    keys.UNSHOWN,
    keys.WAITING,
    keys.PAINTING,
    keys.HELD,
    keys.RUNNING,
    keys.PARKED,
    keys.CLAIM,
    keys.LANE,
    keys.LEASE,
)
"""Beginnings of keys that are there only while a job waits, is painted or is to be shown."""

_BUTTON = re.compile(r"dream:\w+:([0-9a-f]{12})$")
_FILE = re.compile(r"([0-9a-f]{12})(?:-\d+)?\.\w+$")
_OWN = re.compile(r"[0-9a-f]{12,}|\d{5,}")


@dataclass(frozen=True)
class JobFact:
    """A record."""

    id: str
    state: str
    ending: str | None
    """The kind of its end."""
    typed: str
    parent: str | None
    message: str | None
    """Id of the message that it is shown in."""


@dataclass
class Kept:
    """What Redis holds."""

    jobs: dict[str, JobFact] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)
    """Keys that should be gone."""
    everlasting: Counter[str] = field(default_factory=Counter)
    """Keys that never expire, by kind."""


async def kept(redis: Redis) -> Kept:
    """Look at every key."""
    found = Kept()
    async for raw in redis.scan_iter(count=500):
        key = raw.decode()
        if await redis.pttl(key) == -1:
            found.everlasting[_OWN.sub("*", key)] += 1
        if key.startswith(HELD) and not key.endswith(":health-check"):
            found.held.append(key)
        if key.startswith(keys.record("")):
            fields = await redis.hgetall(key)  # type: ignore[misc]
            job = key.removeprefix(keys.record(""))
            found.jobs[job] = _fact(job, fields)
    return found


def _fact(job: str, fields: dict[bytes, bytes]) -> JobFact:
    described: dict[str, Any] = json.loads(fields.get(b"job", b"{}"))
    ending, reply = fields.get(b"ending"), fields.get(b"reply")
    return JobFact(
        id=job,
        state=fields.get(b"state", b"").decode(),
        ending=json.loads(ending)["kind"] if ending else None,
        typed=described.get("typed", ""),
        parent=described.get("parent"),
        message=str(json.loads(reply)["message"]) if reply else None,
    )


def messages(discord: PracticeDiscord) -> Iterator[Message]:
    """Everything that the bot said and that stands."""
    for channel in discord.world.channels.values():
        for message in channel.messages.values():
            if message.author is discord.world.bot:
                yield message


def transcript(said: Iterable[Message]) -> str:
    """What each message said and when, for whoever has to find out what members read."""
    lines: list[str] = []
    for message in said:
        lines.append(f"{message.id}{' (to one member)' if message.ephemeral else ''}")
        for version in message.history:
            moment = datetime.fromtimestamp(version.at, UTC).strftime("%H:%M:%S.%f")[:-3]
            lines.append(f"  {moment}  {' / '.join(version.content.splitlines())}")
    return "\n".join(lines)


def jobs_of(message: Message) -> set[str]:
    """The jobs that a message ever belonged to, as its buttons and files tell: one, or none yet."""
    found: set[str] = set()
    for version in message.history:
        for row in version.components:
            for part in row.get("components", []):
                if match := _BUTTON.search(part.get("custom_id") or ""):
                    found.add(match[1])
        found |= {match[1] for file in version.attachments if (match := _FILE.match(file.filename))}
    return found
