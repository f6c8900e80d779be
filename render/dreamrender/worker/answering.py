"""Questions to critics, answered beside the painting: one at a time, in a thread.

A question is held by a mark that is renewed while it is looked at. If this worker dies, the mark runs out and
another takes the question.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import threading
from collections.abc import Callable

from PIL.Image import Image as PILImage

from dreamconfig.catalogue import models
from dreamqueue.errors import PaintError, PictureError
from dreamqueue.pictures import open_picture
from dreamqueue.questions import ANSWER_MS, QUESTION, Answer, Describe, Question, Unanswered, can_look
from dreamqueue.store import JobStore, RedisAway
from dreamqueue.workers import WorkerCard
from dreamrender.fetching import GivenUp
from dreamrender.judging.judge import Judge
from dreamrender.shelf import shelf

log = logging.getLogger(__name__)

POLL_SECONDS = 0.1
HELD_MS = 3000
RENEW_SECONDS = 1.0
MOST_TRIES = 3
"""Workers that may take a question and never answer before nobody takes it any more."""
SIDE = 640
"""Pixels that a picture's long side has at most when it is looked at; critics see less."""
MOST_BYTES, MOST_PIXELS = 64 * 1024 * 1024, 64_000_000
WORN = Unanswered(why="Workers that looked at this went away before they could answer.")


class Answering:
    """Takes questions for one worker."""

    def __init__(self, store: JobStore, judge: Judge, card: Callable[[], WorkerCard]) -> None:
        """`card` says what critics it has at the moment."""
        self._store = store
        self._judge = judge
        self._card = card
        self._fetching: dict[str, asyncio.Task[None]] = {}
        """Critics that are on their way."""
        self._give_up = threading.Event()

    async def run(self) -> None:
        """Until it is cancelled, also when Redis comes and goes."""
        try:
            while True:
                try:
                    if not await self._next():
                        await asyncio.sleep(POLL_SECONDS)
                except RedisAway:
                    log.warning("no questions are taken: Redis is away")
                    await asyncio.sleep(1)
        finally:
            self._give_up.set()

    async def _next(self) -> bool:
        """Answer one question; False if there was none."""
        card = self._card()
        critics = [name for name in card.models or () if can_look(card, name)]
        if not critics:
            return False
        worn = WORN.model_dump_json()
        taken = await self._store.run(
            "take_question", [json.dumps(critics), HELD_MS, MOST_TRIES, worn, ANSWER_MS]
        )
        if not taken:
            return False
        name, raw = taken
        holding = asyncio.create_task(self._hold(name), name="holding a question")
        try:
            answer = await self._answer(raw)
        finally:
            holding.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await holding
        await self._store.run("answer_question", [name, answer.model_dump_json(), ANSWER_MS])
        return True

    async def _answer(self, raw: bytes) -> Answer:
        try:
            question = QUESTION.validate_json(raw)
        except ValueError:
            return Unanswered(why="This question is of another version of me.")
        if not await self._at_hand(question.critic):
            return Unanswered(why=f"`{question.critic}` is being fetched; please ask again in some minutes.")
        try:
            pictures = await self._pictures(question)
        except PictureError as error:
            return Unanswered(why=str(error))
        return await asyncio.to_thread(self._judge.answer, question, pictures)

    async def _at_hand(self, critic: str) -> bool:
        """False for one that may be fetched and is not here yet: nobody waits for that."""
        own = shelf()
        if not own.download or critic not in models() or await asyncio.to_thread(own.here, critic):
            return True
        if critic not in self._fetching or self._fetching[critic].done():
            self._fetching[critic] = asyncio.create_task(self._fetch(critic), name=f"fetch {critic}")
        return False

    async def _fetch(self, critic: str) -> None:
        try:
            await asyncio.to_thread(shelf().fetch, critic, give_up=self._give_up)
        except (PaintError, GivenUp) as error:
            log.warning("the critic %s was not fetched: %s", critic, error)

    async def _pictures(self, question: Question) -> list[PILImage]:
        keys = [question.picture] if isinstance(question, Describe) else question.pictures
        found: dict[str, PILImage] = {}
        for key in dict.fromkeys(keys):
            data = await self._store.fetch(key)
            if data is None:
                raise PictureError("The picture is not kept any more.")
            found[key] = await asyncio.to_thread(_opened, data)
        return [found[key] for key in keys]

    async def _hold(self, name: bytes) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            with contextlib.suppress(*RedisAway):
                await self._store.run("hold_question", [name, HELD_MS])


def _opened(data: bytes) -> PILImage:
    return open_picture(data, max_bytes=MOST_BYTES, max_pixels=MOST_PIXELS, side=SIDE)
