"""A stage for what people see: the practice Discord, the real bot on a real queue, and a scripted worker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import SecretStr
from tests.bot.scripted_worker import ScriptedWorker

from dreambot.app import DreamBot
from dreamconfig.settings import BotSettings
from dreampractice import Person, PracticeDiscord
from dreampractice.asked import Asked
from dreampractice.body import Upload
from dreampractice.messages import Message, Version
from dreampractice.world import Channel
from dreamqueue import keys
from dreamqueue.client import QueueClient

FAST = 0.03
"""Seconds between edits: Discord's pace would make each test a minute long."""


class Stage:
    """Everything a test needs; built by the fixture `stage`."""

    def __init__(self, discord: PracticeDiscord, redis_url: str, queue: QueueClient) -> None:
        self.discord = discord
        self.ada = discord.person("ada")
        self.bo = discord.person("bo")
        self.moderator = discord.person("mo")
        self.redis_url = redis_url
        self.queue = queue
        self.worker = ScriptedWorker(queue)
        self.options: dict[str, Any] = {"gap": FAST, "guild_ready_timeout": 0.1}
        self.changes: Mapping[str, object] = {}
        self.bot: DreamBot | None = None
        self._running: asyncio.Task[None] | None = None

    async def raise_bot(self, *, opened: bool = True) -> DreamBot:
        """Start a bot as `aliendreams bot` does, and wait until it is at work."""
        settings = BotSettings(
            redis_url=SecretStr(self.redis_url),
            discord_token=SecretStr(self.discord.token),
            **self.changes,  # type: ignore[arg-type]
        )
        bot = DreamBot(settings, **self.options)

        async def run() -> None:
            async with bot:
                await bot.start(settings.discord_token.get_secret_value())

        self.bot, self._running = bot, asyncio.create_task(run(), name="bot")
        wanted = [bot.wait_until_ready(), *([bot.opened.wait()] if opened else [])]
        await asyncio.wait_for(asyncio.gather(*wanted), 10)
        return bot

    async def fell_bot(self) -> None:
        """End the bot."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.wait([self._running])
            self._running = self.bot = None

    @property
    def channel(self) -> Channel:
        """Where people ask."""
        return self.discord.world.channel("art")

    def public_messages(self) -> list[Message]:
        """What everybody sees in the channel."""
        return [message for message in self.channel.messages.values() if not message.ephemeral]

    def whispers(self, person: Person, channel: str = "art") -> list[Message]:
        """What only this person sees, newest last."""
        messages = self.discord.world.channel(channel).messages.values()
        return [message for message in messages if message.only_for is person.user]

    async def imagine(
        self, person: Person, prompt: str, image: tuple[str, bytes] | None = None, **fields: object
    ) -> Message:
        """Ask for a picture; the message that answers."""
        if image is not None:
            fields["image"] = Upload(*image)
        asked = await person.slash("imagine", prompt=prompt, **fields)
        assert asked.failed is None, asked.failed
        assert asked.reply is not None
        return asked.reply

    async def refusal(
        self, person: Person, prompt: str, image: tuple[str, bytes] | None = None, **fields: object
    ) -> Message:
        """Ask for a picture that is refused; the words that only this person sees."""
        before = len(self.whispers(person))
        await self.imagine(person, prompt, image, **fields)
        await eventually(lambda: len(self.whispers(person)) > before)
        return self.whispers(person)[-1]

    async def press(self, person: Person, message: Message, label: str) -> Asked:
        """Press a button."""
        asked = await person.press(message, label)
        assert asked.failed is None, asked.failed
        return asked

    async def whispered(self, person: Person) -> Message:
        """The first thing that is said to this person only."""
        return (await eventually(lambda: self.whispers(person)))[-1]  # type: ignore[no-any-return]

    async def all_answered(self) -> None:
        """Wait until nothing that was asked of the bot is still being answered."""
        asked = self.discord.core.interactions._by_id.values()
        await eventually(lambda: all(one.answer is not None or one.failure is not None for one in asked))
        async with asyncio.timeout(10):
            while True:
                if not await self.queue.redis.exists(keys.ASKED):  # every ask has got its answer
                    break
                await asyncio.sleep(0.005)
        await eventually(lambda: self.bot is not None and not self.bot._errands)

    async def all_shown(self) -> None:
        """Wait until every message shows the end of its job."""
        async with asyncio.timeout(10):
            while True:
                if not await self.queue.unshown():
                    return
                await asyncio.sleep(0.005)


async def eventually(holds: Callable[[], Any], seconds: float = 10.0) -> Any:
    """What `holds` returns, once that is true."""
    async with asyncio.timeout(seconds):
        while True:
            found = holds()
            if found:
                return found
            await asyncio.sleep(0.005)


async def shows(message: Message, text: str, seconds: float = 10.0) -> Version:
    """The first version of a message that has this text."""

    def seen() -> Version | None:
        return next((version for version in message.history if text in version.content), None)

    try:
        return await eventually(seen, seconds)
    except TimeoutError:
        told = "\n---\n".join(version.content for version in message.history)
        raise AssertionError(f"{text!r} was never shown. What was:\n{told}") from None
