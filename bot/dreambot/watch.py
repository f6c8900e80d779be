"""Follows one job and shows it in its one message, to its end and through whatever fails on the way."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import discord

from dreambot.face import Face
from dreambot.members.ping import ping, wants_to_hear
from dreambot.message import OLD_GAP, JobMessage, MessageGone, TryLater
from dreambot.metrics import FRAMES
from dreambot.pacing import Pace
from dreamqueue.client import QueueClient
from dreamqueue.errors import NoSuchJob, QueueAway
from dreamqueue.events import Ended, Painted, Queued, Started
from dreamqueue.job import Job, Owner
from dreamqueue.logs import about
from dreamqueue.tricks.uses import count_uses

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

PATIENCE = 60.0
"""Most seconds between two tries of an edit that fails."""
QUEUE_PATIENCE = 3.0
"""Most seconds between two questions to a queue that does not answer: once it is back, messages go on."""
LISTEN_AGAIN = 5.0
"""Seconds until the news are listened to again after they broke off."""
HOPELESS_AFTER = 5
"""Refusals of the last edit (not failures to reach Discord) after which the message is left as it is."""


class Watch:
    """One job and its message."""

    def __init__(self, queue: QueueClient, pace: Pace, message: JobMessage, face: Face) -> None:
        self.queue = queue
        self.pace = pace
        self.message = message
        self.face = face
        self._changed = asyncio.Event()
        self._end_came = asyncio.Event()
        self._content = ""
        """What the message says."""
        self._edited = -OLD_GAP
        self._refusals = 0
        self._wait = 0.5

    @property
    def job(self) -> Job:
        """As it is painted by now."""
        return self.face.job

    async def run(self) -> None:
        """Show the job until the message shows its end."""
        with about(self.job.id):
            await self._run()

    async def _run(self) -> None:
        listening = asyncio.create_task(self._listen(), name=f"listen {self.job.id}")
        try:
            while not await self._show_newest():
                pass
            if await self.face.say_verdict():
                self._changed.set()
                while not await self._show_newest():
                    pass
            await self._ping()
        except MessageGone as gone:
            await self._let_go(gone)
        finally:
            listening.cancel()
        await self._patiently(lambda: count_uses(self.queue.redis, self.job, self.face.news))
        await self._patiently(lambda: self.queue.mark_shown(self.job.id))

    async def _ping(self) -> None:
        news = self.face.news
        if self.message.reply.ping and isinstance(news, Ended) and wants_to_hear(self.job, news.ending):
            await ping(self.message, self.job, news.ending, self.face.said)

    async def _listen(self) -> None:
        while not self._end_came.is_set():
            try:
                async for news in self.queue.follow(self.job.id):
                    self._hear(news)
            except NoSuchJob:
                self._lose()
            except Exception:
                log.exception("the news of job %s broke off; listening again", self.job.id)
                await asyncio.sleep(LISTEN_AGAIN)

    def _hear(self, news: Queued | Started | Painted | Ended) -> None:
        self.face.hear(news)
        if isinstance(news, Ended):
            self._end_came.set()
        self._changed.set()

    def _lose(self) -> None:
        self.face.news = None
        self._end_came.set()
        self._changed.set()

    async def _show_newest(self) -> bool:
        """Wait for a change and for a turn, then show how things are at that moment. True at the end."""
        await self._changed.wait()
        self._changed.clear()
        if isinstance(self.face.news, Queued) and await self.face.still_says(self._content):
            return False
        if self.message.is_old:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._edited + OLD_GAP - time.monotonic()):
                    await self._end_came.wait()
        await self.pace.turn(self.message.reply.channel, self._end_came.is_set)
        over = self._end_came.is_set()
        try:
            shown = await self.face.look(self._refusals)
            if shown is None:
                return False
            await self.message.edit(shown)
        except NoSuchJob:
            self._lose()
            return False
        except (TryLater, QueueAway, discord.HTTPException) as error:
            return await self._after(error, over)
        if shown.files and not over:
            FRAMES.inc()
        self._content, self._wait, self._refusals = shown.content, 0.5, 0
        self._edited = time.monotonic()
        return over

    async def _after(self, error: Exception, over: bool) -> bool:
        """After an edit that failed: try again with what is newest then. True to give up."""
        at_least = error.at_least if isinstance(error, TryLater) else 0.0
        if isinstance(error, discord.HTTPException):
            self._refusals += 1
            log.error("Discord refused an edit for job %s", self.job.id, exc_info=error)
            if over and self._refusals >= HOPELESS_AFTER:
                return True
        else:
            log.warning("job %s is not shown just now: %s", self.job.id, error)
        self._changed.set()
        self._wait = min(QUEUE_PATIENCE if isinstance(error, QueueAway) else PATIENCE, 2 * self._wait)
        await asyncio.sleep(max(self._wait, at_least))
        return False

    async def _let_go(self, gone: MessageGone) -> None:
        log.info("job %s is not followed any more: %s", self.job.id, gone)
        if gone.deleted:
            by = Owner(id="", name=self.face.said.say("job.who-deleted"))
            await self._patiently(lambda: self.queue.cancel(self.job.id, by))

    async def _patiently(self, ask: Callable[[], Awaitable[Answer]]) -> Answer | None:
        """Ask the queue until it answers; None if it does not know the job any more."""
        wait = 0.5
        while True:
            try:
                return await ask()
            except NoSuchJob:
                return None
            except QueueAway:
                await asyncio.sleep(wait)
                wait = min(QUEUE_PATIENCE, 2 * wait)


class Watches:
    """All jobs that are followed, a task each."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def count(self) -> int:
        """Jobs that are followed."""
        return len(self._tasks)

    def begin(self, watch: Watch) -> None:
        """Follow a job, unless it is followed already."""
        job = watch.job.id
        if job not in self._tasks:
            task = asyncio.create_task(watch.run(), name=f"watch {job}")
            self._tasks[job] = task
            task.add_done_callback(lambda done: self._ended(job, done))

    async def let_end(self, job: str) -> None:
        """Returns when a job is not followed."""
        while (task := self._tasks.get(job)) is not None:
            await asyncio.wait({task})

    async def close(self) -> None:
        """Follow no more; the next start of the bot goes on."""
        while tasks := list(self._tasks.values()):  # a command that was under way may add one
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    def _ended(self, job: str, task: asyncio.Task[None]) -> None:
        del self._tasks[job]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("job %s is not followed any more", job, exc_info=error, extra={"job": job})
