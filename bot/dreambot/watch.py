"""Follows one job and shows it in its one message, to its end and through whatever fails on the way."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import discord

from dreambot import verbs, words
from dreambot.buttons import buttons
from dreambot.lineage import parent_link
from dreambot.members.ping import ping, wants_to_hear
from dreambot.message import OLD_GAP, JobMessage, MessageGone, Shown, TryLater
from dreambot.metrics import FRAMES
from dreambot.moderation.looked_at import LookedAt
from dreambot.pacing import Pace
from dreambot.texts import speech
from dreambot.tricks import verdict
from dreamqueue.choosing import chosen
from dreamqueue.client import QueueClient
from dreamqueue.errors import NoSuchJob, QueueAway
from dreamqueue.events import Choose, Ended, Painted, Queued, Started
from dreamqueue.job import Cancelled, Ending, Finished, Job, JobState, Owner, Record, Stopped
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
HEAVY_AFTER = 3
"""Refusals of the last edit after which no file is sent; the animation is left out after the first."""
HOPELESS_AFTER = 5
"""Refusals of the last edit (not failures to reach Discord) after which the message is left as it is."""


class Watch:
    """One job and its message."""

    def __init__(
        self, queue: QueueClient, pace: Pace, job: Job, message: JobMessage, looked_at: LookedAt
    ) -> None:
        self.queue = queue
        self.pace = pace
        self.job = job
        self.message = message
        self.looked_at = looked_at
        self._news: Queued | Started | Painted | Ended | None = None
        self._tries = 1
        self._resumed = 0
        self._lost = False
        self._changed = asyncio.Event()
        self._end_came = asyncio.Event()
        self._content = ""
        """What the message says."""
        self._edited = -OLD_GAP
        self._refusals = 0
        self._wait = 0.5
        self._said = speech(message.reply.language)
        self._verdict = ""
        """What a critic says after the end, once it has said it."""
        self._chosen: Choose | None = None
        """Which of its candidates goes on, if somebody chose one that is still tried."""
        self._parent: str | None = None
        """A link to the picture it came from; None until that was looked for."""

    async def run(self) -> None:
        """Show the job until the message shows its end."""
        with about(self.job.id):
            await self._run()

    async def _run(self) -> None:
        listening = asyncio.create_task(self._listen(), name=f"listen {self.job.id}")
        try:
            while not await self._show_newest():
                pass
            if await self._say_verdict():
                while not await self._show_newest():
                    pass
            await self._ping()
        except MessageGone as gone:
            await self._let_go(gone)
        finally:
            listening.cancel()
        await self._patiently(lambda: count_uses(self.queue.redis, self.job, self._news))
        await self._patiently(lambda: self.queue.mark_shown(self.job.id))

    async def _say_verdict(self) -> bool:
        """What is to be said after the end, once that is shown; False if there is nothing."""
        news = self._news
        if self._lost or not isinstance(news, Ended) or not verdict.due(self.job, news.ending):
            return False
        self._verdict = await verdict.verdict(self.queue, self.job, news.ending, self._said)
        self._changed.set()
        return True

    async def as_it_is(self, record: Record) -> Shown | None:
        """What its message would show just now; nothing is followed or edited."""
        if record.ending is not None:
            self._news = Ended(job=self.job.id, ending=record.ending)
        elif record.state is JobState.waiting:
            self._news = Queued(job=self.job.id)
        else:
            self._news = Started(job=self.job.id, worker=record.worker or "", tries=record.tries)
        return await self._look()

    async def _ping(self) -> None:
        if not self.message.reply.ping or self._lost or not isinstance(self._news, Ended):
            return
        if wants_to_hear(self.job, self._news.ending):
            await ping(self.message, self.job, self._news.ending, self._said)

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
        if isinstance(news, Started):
            self._tries, self._resumed = news.tries, news.resumed
        self._news = news
        if isinstance(news, Ended):
            self._end_came.set()
        self._changed.set()

    def _lose(self) -> None:
        self._lost = True
        self._end_came.set()
        self._changed.set()

    async def _show_newest(self) -> bool:
        """Wait for a change and for a turn, then show how things are at that moment. True at the end."""
        await self._changed.wait()
        self._changed.clear()
        if isinstance(self._news, Queued) and not self._lost and await self._is_stale():
            return False
        if self.message.is_old:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._edited + OLD_GAP - time.monotonic()):
                    await self._end_came.wait()
        await self.pace.turn(self.message.reply.channel, self._end_came.is_set)
        over = self._end_came.is_set()
        try:
            shown = await self._look()
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

    async def _is_stale(self) -> bool:
        """Whether the waiting line would say what the message says already."""
        try:
            place = await self.queue.place(self.job.id)
            await self._follow_turns()
        except (QueueAway, NoSuchJob):
            return True
        return (
            place is None or words.waiting(self.job, place, self._said, self._parent or "") == self._content
        )

    async def _look(self) -> Shown | None:
        """The job as it is now; None if there is nothing to show."""
        news = self._news
        if self._lost or news is None:
            return Shown(words.gone(self.job, self._said))
        await self._follow_turns()
        if self._parent is None:
            self._parent = await parent_link(self.queue, self.job, self._said)
        if isinstance(news, Ended):
            return await self._end(news.ending)
        if isinstance(news, Queued):
            place = await self.queue.place(self.job.id)
            if place is None:
                return None
            return Shown(
                words.waiting(self.job, place, self._said, self._parent), self._buttons(*verbs.waiting())
            )
        frame = await self.queue.frame(self.job.id)
        row = self._buttons(*verbs.painting(self.job, 0 if frame is None else frame.step))
        if frame is None:
            content = words.begun(self.job, self._tries, self._resumed, self._said, self._parent)
            return Shown(content, row)
        picture = (f"{self.job.id}-{frame.step}.jpg", frame.image)
        content = words.painting(
            self.job, frame, self._tries, self._resumed, self._said, self._parent, self._chosen
        )
        shown = Shown(content, row, [picture], words.description(self.job.recipe))
        return self.looked_at.frame(shown, frame.seen, self._said)

    async def _follow_turns(self) -> None:
        """Show the words it is painted by now."""
        record = await self.queue.record(self.job.id)
        self.job = self.job.model_copy(update={"recipe": record.recipe})
        self._chosen = chosen(record)

    async def _end(self, ending: Ending) -> Shown:
        row = self._buttons(*verbs.ended(self.job, ending))
        said, parent = self._said, self._parent or ""
        prompt = self._whole_prompt()
        if isinstance(ending, Cancelled):
            return Shown(words.ended(self.job, ending, said, parent), row, prompt)
        if not isinstance(ending, (Finished, Stopped)):
            return Shown(words.ended(self.job, ending, said, parent), row)
        last = self._verdict or verdict.awaited(self.job, ending, said)
        told = words.fit("\n".join(filter(None, [words.ended(self.job, ending, said, parent), last])))
        hidden = await self.looked_at.end(self.queue, self.job, ending, told, prompt, said)
        if hidden is not None:
            return hidden
        if self._verdict:
            return Shown(told, row)
        if self._refusals >= HEAVY_AFTER:
            return Shown(words.unpostable(self.job, said), row, [])
        picture = await self.queue.fetch(ending.picture)
        if picture is None:
            return Shown(words.forgotten(self.job, said), row)
        files = [(f"{self.job.id}.{suffix(picture)}", picture)]
        sheet = self.job.recipe.variants  # beside its animation it would be shown too small to compare
        animation = await self.queue.fetch(ending.animation) if ending.animation and not sheet else None
        if not self._refusals and animation and len(animation) <= self.job.upload_limit:
            files.append((f"{self.job.id}.gif", animation))
        for kind, key in ending.extras.items() if not self._refusals else ():
            extra = await self.queue.fetch(key)
            if extra is not None and len(extra) <= self.job.upload_limit:
                files.append((f"{self.job.id}.{kind}", extra))
        spoiler = self.looked_at.action(ending.seen) == "spoiler"
        return Shown(told, row, [*files, *prompt], words.description(self.job.recipe), spoiler)

    def _buttons(self, *row: str) -> discord.ui.View:
        return buttons(self.job.id, *row, said=self._said)

    def _whole_prompt(self) -> list[tuple[str, bytes]]:
        recipe = self.job.recipe
        return [("prompt.txt", recipe.words.encode())] if words.is_cut(recipe) else []

    async def _let_go(self, gone: MessageGone) -> None:
        log.info("job %s is not followed any more: %s", self.job.id, gone)
        if gone.deleted:
            by = Owner(id="", name=self._said.say("job.who-deleted"))
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


def suffix(picture: bytes) -> str:
    """What the name of a picture file ends with."""
    return "webp" if picture[:4] == b"RIFF" else "png"
