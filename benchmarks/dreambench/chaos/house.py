"""All parts of a deployment on this machine, with roads between them that can be broken."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from redis.asyncio import Redis
from redis.exceptions import RedisError

from dreambench.chaos.ordeals import order
from dreambench.chaos.processes import Role, Valkey, kept_running, python
from dreambench.chaos.proxy import Proxy
from dreampractice import PracticeDiscord
from dreamqueue import workers

READY_WITHIN = 240.0


class House:
    """Valkey, a bot, workers and the practice Discord; each talks to each through a proxy of its own."""

    def __init__(
        self,
        folder: Path,
        *,
        workers: int = 2,
        step_seconds: float = 0.01,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.folder = folder
        self.settings = settings or {}
        self.step_seconds = step_seconds
        self.discord = PracticeDiscord()
        self.valkey = Valkey(_unused_port(), folder)
        self.redis = Redis(host="127.0.0.1", port=self.valkey.port)
        """A road that no fault touches."""
        self.to_discord = Proxy(0)
        self.bot_to_redis = Proxy(self.valkey.port)
        self.worker_to_redis = [Proxy(self.valkey.port) for _ in range(workers)]
        self.bot: Role
        self.workers: list[Role] = []
        self._stack = AsyncExitStack()
        self._keeping: list[asyncio.Task[None]] = []

    @property
    def roles(self) -> list[Role]:
        """Every process."""
        return [self.valkey, self.bot, *self.workers]

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.discord)
        self.to_discord.target = int(self.discord.url.rpartition(":")[2])
        for proxy in (self.to_discord, self.bot_to_redis, *self.worker_to_redis):
            await self._stack.enter_async_context(proxy)
        # What Discord tells a bot about itself has to lead through the proxy as well.
        self.discord.core.base = f"http://127.0.0.1:{self.to_discord.port}"
        self.bot = Role("bot", python("-m", "dreamcli", "bot"), self.folder, self._bot_settings())
        self.workers = [
            Role(
                f"worker {number}",
                python("-m", "dreambench.chaos.worker", str(self.step_seconds), str(self._orders(number))),
                self.folder,
                self._worker_settings(number),
            )
            for number in range(len(self.worker_to_redis))
        ]
        self._keeping = await self._stack.enter_async_context(kept_running(self.roles))
        try:
            async with asyncio.timeout(READY_WITHIN):
                await self._ready()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()
        await self.redis.aclose()

    def order(self, number: int, line: str) -> None:
        """Put a worker through something (`dreambench.chaos.ordeals`)."""
        order(self._orders(number), line)

    def heal(self) -> None:
        """Make every road whole."""
        for proxy in (self.to_discord, self.bot_to_redis, *self.worker_to_redis):
            proxy.heal()

    def _orders(self, number: int) -> Path:
        return self.folder / f"worker-{number}-orders"

    async def _ready(self) -> None:
        someone = self.discord.person("ada")
        while True:
            try:
                awake = await workers.awake(self.redis)
            except (RedisError, OSError):
                awake = []
            if len(awake) == len(self.workers) and someone.commands("art"):
                await self.discord.bot_connected()
                return
            for task in self._keeping:
                if task.done():
                    task.result()
            await asyncio.sleep(0.1)

    def _bot_settings(self) -> dict[str, str]:
        return {
            **self.settings,
            "DREAM_REDIS_URL": f"redis://127.0.0.1:{self.bot_to_redis.port}/0",
            "DREAM_DISCORD_TOKEN": self.discord.token,
            "DREAM_DISCORD_URL": self.discord.url,
            "DREAM_GUILD": self.discord.world.guild_id,
        }

    def _worker_settings(self, number: int) -> dict[str, str]:
        return {
            **self.settings,
            "DREAM_REDIS_URL": f"redis://127.0.0.1:{self.worker_to_redis[number].port}/0",
            "DREAM_DISCORD_TOKEN": "",
            "DREAM_WORKER_NAME": f"painter-{number}",
            "DREAM_DEVICE": "cpu",
            "DREAM_MAX_SESSIONS": "2",
            "DREAM_FRAME_SECONDS": "0.5",
            "DREAM_STEP_TIMEOUT": "3",
            "DREAM_CHECKPOINT_SECONDS": "0.3",
            "OMP_NUM_THREADS": "1",
        }


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
