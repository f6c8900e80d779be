"""The verdict: each job has one end, its message shows it, and nothing is left behind."""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dreambench.chaos.gathered import JobFact, Kept, jobs_of
from dreambench.chaos.painter import BROKEN, HUNG
from dreampractice.messages import Message

ENDS = {
    "finished": "done in",
    "stopped": "stopped at step",
    "cancelled": "cancelled by",
    "failed": "failed:",
    "expired": "taken out of the queue",
}
"""How the message of a job that ended so can be told."""
FORGOTTEN = ("The queue has forgotten this job", "the picture was forgotten")
"""What a message says after Valkey lost its data."""
ASK_AGAIN = "ask again"
"""What a message says whose ask never became a job."""
SET_ASIDE = "set aside"
"""What the message of a job says that ended two workers."""
NOTHING_STARTED = "Nothing was started"
_PICTURE = re.compile(r"[0-9a-f]{12}\.(?:png|webp)$")


@dataclass
class Verdict:
    """What came of it all."""

    jobs: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    """How many messages show which end."""
    lost: list[str] = field(default_factory=list)
    innocent: list[str] = field(default_factory=list)
    """Jobs that failed or were set aside although nothing was asked of them that breaks painters."""
    """Jobs without an end, or whose message does not show theirs, and why."""
    doubled: list[str] = field(default_factory=list)
    """Jobs with two ends, two pictures or two messages."""
    contradicted: list[str] = field(default_factory=list)
    """Jobs whose member was told that nothing was started."""
    thinking: int = 0
    """Messages that never say more than "thinking"."""
    told: int = 0
    """Messages that say that the ask got lost and has to be made again."""
    refused: Counter[str] = field(default_factory=Counter)
    """What members were told instead of a job, by its first words."""
    silence: float = 0.0
    """Most seconds for which the message of a living job did not change."""
    silent: str = ""
    """Which job's, and what the message said then."""


def judge(
    kept: Kept, ended: Mapping[str, int], said: Iterable[Message], words_of: Mapping[str, str], emptied: bool
) -> Verdict:
    """Hold records, news and messages against each other.

    `ended` counts the ends that the news told, `words_of` has the words of each interaction by its id;
    `emptied` says that Valkey lost its data, after which a job may be forgotten.
    """
    verdict = Verdict()
    of: dict[str, list[Message]] = defaultdict(list)
    by_id: dict[str, Message] = {}
    turned_down: set[str] = set()
    for message in said:
        by_id[message.id] = message
        if message.ephemeral:
            verdict.refused[" ".join(message.content.split()[:5])] += 1
            if NOTHING_STARTED in message.content:
                turned_down.add(words_of.get((message.interaction or {}).get("id", ""), ""))
            continue
        jobs = jobs_of(message)
        for job in jobs:
            of[job].append(message)
        if not jobs:
            _without_job(verdict, message, emptied)
    every = {**dict.fromkeys([*ended, *of]), **kept.jobs}
    verdict.jobs = len(every) + verdict.ends["forgotten"]
    for job, fact in every.items():
        shown = of.get(job, [])
        if not shown and fact is not None and fact.message in by_id:
            shown = [by_id[fact.message]]
        _judge_job(verdict, job, fact, shown, ended.get(job, 0), emptied)
        if fact is not None and fact.parent is None and fact.typed in turned_down - {""}:
            verdict.contradicted.append(job)
    return verdict


def _without_job(verdict: Verdict, message: Message, emptied: bool) -> None:
    if any(marker in message.content for marker in FORGOTTEN):
        verdict.ends["forgotten"] += 1
        if not emptied:
            verdict.lost.append(f"message {message.id}: it says {message.content.splitlines()[1:2]}")
    elif message.thinking or message.content == "…":
        verdict.thinking += 1
    elif ASK_AGAIN in message.content:
        verdict.told += 1
    elif not any(marker in message.content for marker in ENDS.values()):
        verdict.refused[" ".join(message.content.split()[:5])] += 1


def _judge_job(
    verdict: Verdict, job: str, fact: JobFact | None, shown: list[Message], ends: int, emptied: bool
) -> None:
    if fact is not None and fact.state != "ended":
        verdict.lost.append(f"{job}: its record says {fact.state or 'nothing'}")
    elif fact is not None and ends != 1:
        (verdict.doubled if ends else verdict.lost).append(f"{job}: {ends} ends were told")
    if not shown:
        if fact is not None or not emptied:
            verdict.lost.append(f"{job}: no message shows it")
        return
    if len(shown) > 1:
        verdict.doubled.append(f"{job}: shown in {len(shown)} messages")
    message = shown[-1]
    pictures = {
        hashlib.sha256(file.content).hexdigest()
        for one in shown
        for version in one.history
        for file in version.attachments
        if _PICTURE.match(file.filename)
    }
    if len(pictures) > 1:
        verdict.doubled.append(f"{job}: {len(pictures)} final pictures")
    kind = next((kind for kind, marker in ENDS.items() if marker in message.content), None)
    if kind is None and emptied and any(marker in message.content for marker in FORGOTTEN):
        kind = "forgotten"
    aside = kind == "failed" and SET_ASIDE in message.content
    verdict.ends["set aside" if aside else kind or "none"] += 1
    if kind == "failed" and fact is not None and not fact.typed.startswith((BROKEN, HUNG)):
        verdict.innocent.append(f"{job}: {' '.join(message.content.splitlines()[1:2])}")
    if kind is None:
        verdict.lost.append(f"{job}: its message says {message.content.splitlines()[1:2]}")
    elif fact is not None and fact.ending is not None and kind not in (fact.ending, "forgotten"):
        verdict.doubled.append(f"{job}: it ended as {fact.ending} and its message says {kind}")
    elif kind in ("finished", "stopped") and not any(_PICTURE.match(f.filename) for f in message.attachments):
        verdict.lost.append(f"{job}: {kind}, and its message has no picture")
    _listen(verdict, job, message)


def _listen(verdict: Verdict, job: str, message: Message) -> None:
    before, said = message.created, "nothing yet"
    for version in message.history:
        if version.at - before > verdict.silence:
            verdict.silence, verdict.silent = version.at - before, f"{job}, {said}"
        before, said = version.at, " ".join(version.content.splitlines()[1:2])
        if any(marker in version.content for marker in ENDS.values()):
            return
