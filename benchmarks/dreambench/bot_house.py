"""A bot and a Valkey as processes, beside a practice Discord in this one."""

from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from dreambench.chaos.processes import Role, Valkey, kept_running, python
from dreampractice import PracticeDiscord

READY_WITHIN = 120.0


class BotHouse:
    """All of it, as an asynchronous context."""

    def __init__(self, folder: Path) -> None:
        self.discord = PracticeDiscord()
        self.valkey = Valkey(_unused_port(), folder)
        self.folder = folder
        self.bot: Role
        self._keeping: list[asyncio.Task[None]] = []
        self._stack = AsyncExitStack()

    @property
    def bot_pid(self) -> int:
        """Of the bot's process."""
        return self.bot.pid

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.discord)
        settings = {
            "DREAM_REDIS_URL": f"redis://127.0.0.1:{self.valkey.port}/0",
            "DREAM_DISCORD_TOKEN": self.discord.token,
            "DREAM_DISCORD_URL": self.discord.url,
            "DREAM_GUILD": self.discord.world.guild_id,
            "DREAM_MAX_WAITING": "20000",
            "DREAM_MAX_WAITING_PER_MEMBER": "20000",
        }
        self.bot = Role("bot", python("-m", "dreamcli", "bot"), self.folder, settings)
        self._keeping = await self._stack.enter_async_context(kept_running([self.valkey, self.bot]))
        try:
            await self._ready()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def start_again(self) -> None:
        """End the bot and wait for the next one."""
        starts = self.bot.starts
        self.bot.hit(signal.SIGTERM)
        async with asyncio.timeout(READY_WITHIN):
            while self.bot.starts == starts:  # noqa: ASYNC110 (a process cannot set our event)
                await asyncio.sleep(0.1)
        await self._ready()

    async def _ready(self) -> None:
        someone = self.discord.person("ada")
        async with asyncio.timeout(READY_WITHIN):
            while not someone.commands("art") or self.bot.starts == 0:
                for task in self._keeping:
                    if task.done():
                        task.result()
                await asyncio.sleep(0.1)
            await self.discord.bot_connected()


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
