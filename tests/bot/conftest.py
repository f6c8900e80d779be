"""The stage of the bot's tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr
from tests.bot.stage import Stage
from tests.judging import findings, is_there

from dreamconfig.settings import QueueSettings
from dreampractice import PracticeDiscord, point_discord_at
from dreamqueue.client import QueueClient


@pytest.fixture
async def bare_stage(redis_url: str) -> AsyncIterator[Stage]:
    """A stage without a bot yet."""
    queue = await QueueClient.connect(QueueSettings(redis_url=SecretStr(redis_url)))
    async with PracticeDiscord() as discord:
        with point_discord_at(discord.url):
            stage = Stage(discord, redis_url, queue)
            yield stage
            await stage.fell_bot()
    await queue.close()
    assert not is_there() or findings(discord) == [], "Discord would have taken it otherwise"


@pytest.fixture
async def stage(bare_stage: Stage) -> Stage:
    """A stage with a bot at work."""
    bare_stage.changes = {"max_waiting_per_member": 3}
    await bare_stage.raise_bot()
    return bare_stage
