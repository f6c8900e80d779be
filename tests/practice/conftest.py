"""A practice Discord with a real discord.py client in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from tests.practice.artbot import ArtBot

from dreampractice import PracticeDiscord, Rules, point_discord_at


@asynccontextmanager
async def running(discord: PracticeDiscord, **options: Any) -> AsyncIterator[ArtBot]:
    """The art bot, logged in and ready."""
    with point_discord_at(discord.url):
        bot = ArtBot(guild_ready_timeout=0.05, **options)
        task = asyncio.create_task(bot.start(discord.token))
        ready = asyncio.create_task(bot.wait_until_ready())
        try:
            await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                await task
            yield bot
        finally:
            ready.cancel()
            await bot.close()
            await asyncio.gather(task, return_exceptions=True)


Start = Callable[..., Any]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """Start a practice Discord with its own rules, and the bot: `discord, bot = await start(…)`."""
    async with AsyncExitStack() as stack:

        async def begin(rules: Rules | None = None, **options: Any) -> tuple[PracticeDiscord, ArtBot]:
            discord = await stack.enter_async_context(PracticeDiscord(rules=rules))
            bot = await stack.enter_async_context(running(discord, **options))
            return discord, bot

        yield begin
