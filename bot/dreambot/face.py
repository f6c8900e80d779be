"""What a job's message shows: the job as it is at a moment, in words, pictures and buttons."""

from __future__ import annotations

import discord

from dreambot import verbs, words
from dreambot.buttons import buttons
from dreambot.lineage import parent_link
from dreambot.message import Shown
from dreambot.moderation.looked_at import LookedAt
from dreambot.texts import speech
from dreambot.tricks import verdict
from dreamqueue.choosing import chosen
from dreamqueue.client import QueueClient
from dreamqueue.errors import NoSuchJob, QueueAway
from dreamqueue.events import Choose, Ended, Painted, Queued, Started
from dreamqueue.job import Cancelled, Ending, Finished, Job, JobState, Record, Stopped

HEAVY_AFTER = 3
"""Refusals of the last edit after which no file is sent; the animation is left out after the first."""


class Face:
    """One job, as it is shown in one place and language."""

    def __init__(self, queue: QueueClient, job: Job, language: str, looked_at: LookedAt) -> None:
        self.queue = queue
        self.job = job
        self.said = speech(language)
        self.looked_at = looked_at
        self.news: Queued | Started | Painted | Ended | None = None
        """What was heard last of the job; None if nothing is known of it (any more)."""
        self._tries = 1
        self._resumed = 0
        self._verdict = ""
        """What a critic says after the end, once it has said it."""
        self._chosen: Choose | None = None
        """Which of its candidates goes on, if somebody chose one that is still tried."""
        self._parent: str | None = None
        """A link to the picture it came from; None until that was looked for."""

    def hear(self, news: Queued | Started | Painted | Ended) -> None:
        """Something happened to the job."""
        if isinstance(news, Started):
            self._tries, self._resumed = news.tries, news.resumed
        self.news = news

    def read(self, record: Record) -> None:
        """What would have been heard last of a job with this record."""
        if record.ending is not None:
            self.hear(Ended(job=self.job.id, ending=record.ending))
        elif record.state is JobState.waiting:
            self.hear(Queued(job=self.job.id))
        else:
            self.hear(Started(job=self.job.id, worker=record.worker or "", tries=record.tries))

    async def say_verdict(self) -> bool:
        """What is to be said after the end, once that is shown; False if there is nothing."""
        news = self.news
        if not isinstance(news, Ended) or not verdict.due(self.job, news.ending):
            return False
        self._verdict = await verdict.verdict(self.queue, self.job, news.ending, self.said)
        return True

    async def still_says(self, content: str) -> bool:
        """Whether the waiting line would say what the message says already."""
        try:
            place = await self.queue.place(self.job.id)
            await self._follow_turns()
        except (QueueAway, NoSuchJob):
            return True
        return place is None or words.waiting(self.job, place, self.said, self._parent or "") == content

    async def look(self, refusals: int = 0) -> Shown | None:
        """The job as it is now; None if there is nothing to show. `refusals`: of this by Discord, so far."""
        news = self.news
        if news is None:
            return Shown(words.gone(self.job, self.said))
        await self._follow_turns()
        if self._parent is None:
            self._parent = await parent_link(self.queue, self.job, self.said)
        if isinstance(news, Ended):
            return await self._end(news.ending, refusals)
        if isinstance(news, Queued):
            place = await self.queue.place(self.job.id)
            if place is None:
                return None
            return Shown(
                words.waiting(self.job, place, self.said, self._parent), self._buttons(*verbs.waiting())
            )
        frame = await self.queue.frame(self.job.id)
        row = self._buttons(*verbs.painting(self.job, 0 if frame is None else frame.step))
        if frame is None:
            content = words.begun(self.job, self._tries, self._resumed, self.said, self._parent)
            return Shown(content, row)
        picture = (f"{self.job.id}-{frame.step}.jpg", frame.image)
        content = words.painting(
            self.job, frame, self._tries, self._resumed, self.said, self._parent, self._chosen
        )
        shown = Shown(content, row, [picture], words.description(self.job.recipe))
        return self.looked_at.frame(shown, frame.seen, self.said)

    async def _follow_turns(self) -> None:
        """Show the words it is painted by now."""
        record = await self.queue.record(self.job.id)
        self.job = self.job.model_copy(update={"recipe": record.recipe})
        self._chosen = chosen(record)

    async def _end(self, ending: Ending, refusals: int) -> Shown:
        row = self._buttons(*verbs.ended(self.job, ending))
        said, parent = self.said, self._parent or ""
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
        if refusals >= HEAVY_AFTER:
            return Shown(words.unpostable(self.job, said), row, [])
        picture = await self.queue.fetch(ending.picture)
        if picture is None:
            return Shown(words.forgotten(self.job, said), row)
        files = [(f"{self.job.id}.{suffix(picture)}", picture)]
        sheet = self.job.recipe.variants  # beside its animation it would be shown too small to compare
        animation = await self.queue.fetch(ending.animation) if ending.animation and not sheet else None
        if not refusals and animation and len(animation) <= self.job.upload_limit:
            files.append((f"{self.job.id}.gif", animation))
        for kind, key in ending.extras.items() if not refusals else ():
            extra = await self.queue.fetch(key)
            if extra is not None and len(extra) <= self.job.upload_limit:
                files.append((f"{self.job.id}.{kind}", extra))
        spoiler = self.looked_at.action(ending.seen) == "spoiler"
        return Shown(told, row, [*files, *prompt], words.description(self.job.recipe), spoiler)

    def _buttons(self, *row: str) -> discord.ui.View:
        return buttons(self.job.id, *row, said=self.said)

    def _whole_prompt(self) -> list[tuple[str, bytes]]:
        recipe = self.job.recipe
        return [("prompt.txt", recipe.words.encode())] if words.is_cut(recipe) else []


def suffix(picture: bytes) -> str:
    """What the name of a picture file ends with."""
    return "webp" if picture[:4] == b"RIFF" else "png"
