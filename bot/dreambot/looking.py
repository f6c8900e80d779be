"""What a job's message would show just now, to be shown somewhere else as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dreambot.face import Face
from dreambot.message import Shown
from dreambot.moderation.looked_at import LookedAt, action_in
from dreamconfig.concepts import Action, strictest
from dreamqueue.errors import NoSuchJob
from dreamqueue.job import Record, Reply
from dreamqueue.sights import Sights

if TYPE_CHECKING:
    from dreambot.app import DreamBot


class Onlooker(LookedAt):
    """Shows no more than may be seen both where the message is and here, and asks no moderator."""

    def __init__(self, bot: DreamBot, reply: Reply, here: int) -> None:
        super().__init__(bot, reply, tells=False)
        self._here = here

    def action(self, seen: Sights) -> Action:
        """The stricter of the two."""
        return strictest([super().action(seen), action_in(self._bot, self._here, seen)])


async def look(bot: DreamBot, record: Record, language: str, here: int) -> Shown:
    """What the message of a job would show just now, for the channel `here`; nothing is followed.

    Raises NoSuchJob.
    """
    if record.reply is None:
        raise NoSuchJob(record.job.id)
    reply = record.reply.model_copy(update={"language": language})
    face = Face(bot.queue, record.job, language, Onlooker(bot, reply, here))
    face.read(record)
    shown = await face.look()
    if shown is None:  # it was begun just now
        face.read(await bot.queue.record(record.job.id))
        shown = await face.look()
    if shown is None:
        raise NoSuchJob(record.job.id)
    return shown
