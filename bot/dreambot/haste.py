"""Discord wants the first answer within three seconds: all that is looked up before it shares one deadline.

Each reading alone may be quick enough and all of them together too slow, so it is the interaction that has so
many seconds, and not the reading.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord

from dreamqueue.errors import QueueAway

SOON = 2.0
"""Seconds after which nothing more is looked up for an interaction without an answer."""
ARRIVED = "arrived"
"""Where the moment stands among the interaction's extras."""


def waited(interaction: discord.Interaction[Any]) -> float:
    """Seconds since the bot began with an interaction; the first who asks sets the clock."""
    return time.monotonic() - float(interaction.extras.setdefault(ARRIVED, time.monotonic()))


@asynccontextmanager
async def in_time(interaction: discord.Interaction[Any]) -> AsyncIterator[None]:
    """Raises QueueAway once the interaction has waited for too long; one that was answered may wait."""
    left = None if interaction.response.is_done() else max(0.0, SOON - waited(interaction))
    try:
        async with asyncio.timeout(left):
            yield
    except TimeoutError:
        raise QueueAway from None
