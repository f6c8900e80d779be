"""Questions to critics: how near pictures are to words, and what words say of a picture.

They are answered beside the painting, at once, by any worker that has the critic. A question is taken for a
few seconds at a time: if its worker dies another takes it. What nobody awake can answer is refused at once,
and what is not fetched is forgotten.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Iterable
from typing import Annotated, Literal, TypeAlias, overload

from pydantic import Field, TypeAdapter
from redis.asyncio import Redis

from dreamqueue import keys, workers
from dreamqueue.client import QueueClient
from dreamqueue.errors import CannotLook, NobodyLooks, TooMany, TooManyLooks
from dreamqueue.scripts import script
from dreamqueue.store import RedisAway, queue_at_hand
from dreamqueue.wire import Wire
from dreamqueue.workers import WorkerCard

ANSWERS = 2
"""The first version of the wire (`dreamqueue.wire`) whose workers answer questions."""
MOST_PICTURES = 64
MOST_TEXTS = 64
LONGEST_TEXT = 400
"""Characters of a text; critics read fewer words than that."""
MOST_LIKED = 50
MOST_WAITING = 200
"""Questions of all that may wait; more are refused."""
A_MINUTE = 20
"""Questions that a member may ask in a minute."""
PATIENCE = 30.0
"""Seconds that an answer is waited for."""
LISTEN_MS = 1000
ANSWER_MS = 60_000
"""How long an answer is kept for whoever asked."""

BlobKey = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Critic = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{0,80}$")]
Text = Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]


class Score(Wire):
    """How near is each of these pictures to each of these texts?"""

    kind: Literal["score"] = "score"
    pictures: Annotated[tuple[BlobKey, ...], Field(min_length=1, max_length=MOST_PICTURES)]
    """Their keys in the album."""
    texts: Annotated[tuple[Text, ...], Field(min_length=1, max_length=MOST_TEXTS)]
    critic: Critic = ""
    """A name of the catalogue; empty: the one of the settings."""


class Describe(Wire):
    """Which phrases does the critic like for this picture?"""

    kind: Literal["describe"] = "describe"
    picture: BlobKey
    most: Annotated[int, Field(ge=1, le=MOST_LIKED)] = 20
    """Phrases, and words of each kind."""
    critic: Critic = ""


Question: TypeAlias = Score | Describe
QUESTION: TypeAdapter[Score | Describe] = TypeAdapter(Annotated[Question, Field(discriminator="kind")])


class Scored(Wire):
    """The answer to `Score`."""

    kind: Literal["scored"] = "scored"
    critic: str
    similarities: tuple[tuple[float, ...], ...]
    """Cosine similarities in [-1, 1], a row for each picture and in it a number for each text."""


class Liked(Wire):
    """Words that a critic finds like a picture."""

    text: str
    similarity: float
    """Cosine similarity in [-1, 1]."""


class Described(Wire):
    """The answer to `Describe`, the best first."""

    kind: Literal["described"] = "described"
    critic: str
    phrases: tuple[Liked, ...]
    """Whole phrases: a subject in a medium, with a style and modifiers."""
    words: dict[str, tuple[Liked, ...]]
    """What they are made of, by kind: subjects, media, styles, modifiers."""


class Unanswered(Wire):
    """It was looked at and cannot be answered; `why` is fit to show."""

    kind: Literal["unanswered"] = "unanswered"
    why: str


Answer: TypeAlias = Scored | Described | Unanswered
ANSWER: TypeAdapter[Scored | Described | Unanswered] = TypeAdapter(
    Annotated[Answer, Field(discriminator="kind")]
)


@overload
async def ask(
    client: QueueClient, question: Score, patience: float = PATIENCE, *, member: str = ""
) -> Scored: ...
@overload
async def ask(
    client: QueueClient, question: Describe, patience: float = PATIENCE, *, member: str = ""
) -> Described: ...
async def ask(
    client: QueueClient, question: Question, patience: float = PATIENCE, *, member: str = ""
) -> Scored | Described:
    """The answer, at the latest after `patience` seconds. `member` is who asks; "": one of us, unbounded.

    Raises NobodyLooks if no worker that is awake has the critic, or none answered in time; CannotLook if one
    looked and could not say; TooManyLooks, TooMany and QueueAway.
    """
    critic = question.critic or client.settings.critic.partition(",")[0].strip()
    question = question.model_copy(update={"critic": critic})
    async with queue_at_hand():
        if not any(can_look(card, critic) for card in await workers.awake(client.redis)):
            raise NobodyLooks(critic)
        name = secrets.token_hex(8)
        await _put(client.redis, name, question, critic, patience, member)
    answer: Answer | None = None
    try:
        answer = await _answer(client.redis, name, patience)
    finally:
        if answer is None:
            await _withdraw(client.redis, name)
    if answer is None:
        raise NobodyLooks(critic, seconds=patience)
    if isinstance(answer, Unanswered):
        raise CannotLook(answer.why)
    return answer


def can_look(card: WorkerCard, critic: str) -> bool:
    """Whether this worker answers questions to a critic."""
    return (
        max(card.versions, default=0) >= ANSWERS
        and card.mode != "draining"
        and card.models is not None
        and critic in card.models
    )


def critics_of(cards: Iterable[WorkerCard], known: Iterable[str]) -> list[str]:
    """Those of the critics that are `known` which somebody awake can ask, in their order."""
    there = list(cards)
    return [name for name in known if any(can_look(card, name) for card in there)]


async def _put(
    redis: Redis, name: str, question: Question, critic: str, patience: float, member: str
) -> None:
    facts = name, question.model_dump_json(), critic
    bounds = round(patience * 1000), MOST_WAITING, member, A_MINUTE
    verdict = await redis.register_script(script("ask"))(args=[*facts, *bounds])
    if verdict == b"full":
        raise TooMany
    if verdict == b"member":
        raise TooManyLooks(A_MINUTE)


async def _answer(redis: Redis, name: str, patience: float) -> Answer | None:
    """It is read and not taken, so that a connection that breaks loses nothing."""
    ends = time.monotonic() + patience
    while (left := ends - time.monotonic()) > 0:
        try:
            wait = max(1, min(LISTEN_MS, round(left * 1000)))
            found = await redis.xread({keys.answer(name): "0"}, count=1, block=wait)
        except RedisAway:
            await asyncio.sleep(min(left, 0.5))
            continue
        for _, entries in found or ():
            return _read(entries[0][1].get(b"answer", b""))
    return None


def _read(raw: bytes) -> Answer:
    try:
        return ANSWER.validate_json(raw)
    except ValueError:
        return Unanswered(why="The worker that answered is of another version than I am.")


async def _withdraw(redis: Redis, name: str) -> None:
    """Nobody waits for it any more."""
    with contextlib.suppress(*RedisAway):
        async with asyncio.timeout(1), redis.pipeline(transaction=True) as pipe:
            pipe.zrem(keys.QUESTIONS, name)
            pipe.delete(keys.question(name))
            await pipe.execute()
