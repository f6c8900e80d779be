"""What is shown of a picture in its channel, by what the worker found on it (`dreamconfig.concepts`).

What is held back waits for a moderator: it is shown where moderators are, or to each of them who asks. Their
decision is in the job's record; the first one counts.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import discord

from dreambot import verbs, words
from dreambot.buttons import buttons
from dreambot.copies import remove_copies
from dreambot.errors import UNANSWERABLE
from dreambot.message import Shown, file
from dreambot.moderation.audit import named_channel
from dreambot.texts import Speech, speech
from dreamconfig.concepts import Action, strictest
from dreamqueue.client import QueueClient
from dreamqueue.job import Finished, Job, Record, Reply, Review, Stopped
from dreamqueue.sights import Sights, names
from dreamqueue.text import clip

if TYPE_CHECKING:
    from dreambot.app import DreamBot

log = logging.getLogger(__name__)


class LookedAt:
    """What may be shown of a job in the channel of its message."""

    def __init__(self, bot: DreamBot, reply: Reply, *, tells: bool = True) -> None:
        """`tells` is False for whoever shows a job a second time: moderators know of it already."""
        self._bot = bot
        self._reply = reply
        self._tells = tells
        self._told = not tells
        """Whether moderators were told of the picture that waits for them."""

    def action(self, seen: Sights) -> Action:
        """What is done with a picture, before any moderator has decided."""
        return action_in(self._bot, self._reply.channel, seen)

    def frame(self, shown: Shown, seen: Sights, said: Speech) -> Shown:
        """A message with a progress frame, as it may be shown."""
        action = self.action(seen)
        if action == "post":
            return shown
        if action == "spoiler":
            return dataclasses.replace(shown, spoiler=True)
        content = _with(shown.content, said.say("review.frame"))
        return dataclasses.replace(shown, content=content, files=[])

    async def end(
        self,
        queue: QueueClient,
        job: Job,
        ending: Finished | Stopped,
        told: str,
        prompt: Sequence[tuple[str, bytes]],
        said: Speech,
    ) -> Shown | None:
        """What is shown in place of a picture that is held back or dropped; None: it may be shown.

        `told` says how the job ended. Raises QueueAway, NoSuchJob.
        """
        if self.action(ending.seen) in ("post", "spoiler"):
            return None
        review = (await queue.record(job.id)).review
        if review is not None and review.verdict == "show":
            return None
        if review is not None or self.action(ending.seen) == "drop":
            if review is not None and self._tells:
                await remove_copies(self._bot, job.id)
            line = "review.dropped" if review is None else "review.dropped-by"
            return Shown(_with(told, said.say(line)), self._row(job, said, here=False), [*prompt])
        elsewhere = await self._tell_moderators(queue, job, ending)
        return Shown(
            _with(told, said.say("review.waits")), self._row(job, said, here=not elsewhere), [*prompt]
        )

    def _row(self, job: Job, said: Speech, *, here: bool) -> discord.ui.View:
        return buttons(job.id, *verbs.held(here=here), said=said)

    async def _tell_moderators(self, queue: QueueClient, job: Job, ending: Finished | Stopped) -> bool:
        """Whether it stands where moderators are."""
        if self._told:
            return True
        channel = moderators_channel(self._bot, self._reply)
        if channel is None:
            return False
        said = speech(self._reply.language)
        try:
            files = await pictures(queue, job.id, ending)
            await self._bot.pace.turn(channel.id)
            with self._bot.pace.listening(channel.id):
                await channel.send(
                    waiting_line(job, ending.seen, self._reply, said),
                    files=files,
                    view=buttons(job.id, "review-show", "review-drop", said=said),
                )
        except UNANSWERABLE as error:
            log.warning("job %s: moderators could not be told in their channel: %s", job.id, error)
            return False
        self._told = True
        return True


def action_in(bot: DreamBot, channel: int, seen: Sights, review: Review | None = None) -> Action:
    """What is done with a picture in a channel: for whoever shows one, wherever it comes from.

    "hold" is for pictures that nobody has seen yet; where nothing can wait it means that it is not shown.
    """
    if review is not None:
        return "post" if review.verdict == "show" else "drop"
    places, age_restricted = [str(channel)], False
    found = bot.get_channel(channel)
    if isinstance(found, discord.Thread) and found.parent is not None:
        places += [found.name, str(found.parent.id), found.parent.name]
        age_restricted = found.parent.is_nsfw()
    elif isinstance(found, discord.abc.GuildChannel):
        places.append(found.name)
        age_restricted = bool(getattr(found, "nsfw", False))
    return bot.concepts.action(names(seen), places, age_restricted=age_restricted)


def action_from(bot: DreamBot, record: Record, here: int, seen: Sights) -> Action:
    """The same for a picture of a job that is shown once more in the channel `here`: the stricter of what
    holds there and where the job hangs."""
    places = [here] if record.reply is None else [here, record.reply.channel]
    return strictest(action_in(bot, place, seen, record.review) for place in places)


def moderators_channel(bot: DreamBot, reply: Reply) -> discord.TextChannel | None:
    """Where a server's moderators decide; None if no such channel is set, or it is not there."""
    guild = bot.get_guild(reply.server) if reply.server is not None else None
    set_up = bot.rights.moderators
    return named_channel(guild, set_up.panel) or named_channel(guild, set_up.audit)


def waiting_line(job: Job, seen: Sights, reply: Reply, said: Speech) -> str:
    """For moderators: whose picture waits, and what was found on it."""
    if seen is None:
        found = said.say("review.nobody-looked")
    else:
        found = ", ".join(f"{words.plain(one.concept)} {one.score:.3f} (+{one.over:.3f})" for one in seen)
    name = words.plain(job.owner.name, words.NAME_SHOWN)
    line = said.say("review.ask", name=name, channel=f"<#{reply.channel}>", found=found)
    return words.fit(f"{line}\n-# {words.plain(job.recipe.words, 300)} · `{job.id}`")


async def pictures(queue: QueueClient, job: str, ending: Finished | Stopped) -> list[discord.File]:
    """The picture and its animation, hidden until they are clicked on. Raises QueueAway."""
    found = []
    for name, key in ((f"{job}.png", ending.picture), (f"{job}.gif", ending.animation)):
        data = await queue.fetch(key) if key else None
        if data is not None:
            name = name.replace(".png", ".webp") if data[:4] == b"RIFF" else name
            found.append(file(name, data, spoiler=True))
    return found


def _with(content: str, line: str) -> str:
    """A message's text with one line more, which is never cut."""
    return f"{clip(content, words.LIMIT - len(line) - 4)}\n-# {line}"
