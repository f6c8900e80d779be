"""Discord wants the first answer within three seconds: all that is looked up before it shares one deadline.

Each reading alone may be quick enough and all of them together too slow, so it is the interaction that has so
many seconds, and not the reading. The queue asks for what is left at each reading (`dreamqueue.store.HURRY`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import discord

from dreamqueue.errors import QueueAway
from dreamqueue.store import HURRY

SOON = 2.0
"""Seconds after which nothing more is looked up for an interaction without an answer."""
ARRIVED = "arrived"
"""Where the moment stands among the interaction's extras."""


def begin(interaction: discord.Interaction[Any]) -> None:
    """From now on whatever this task reads of the queue has to come before the interaction's first answer is
    due; what takes longer raises QueueAway. One that was answered may wait."""
    waited(interaction)
    HURRY.set(lambda: left(interaction))


def waited(interaction: discord.Interaction[Any]) -> float:
    """Seconds since the bot began with an interaction; the first who asks sets the clock."""
    return time.monotonic() - float(interaction.extras.setdefault(ARRIVED, time.monotonic()))


def left(interaction: discord.Interaction[Any]) -> float | None:
    """Seconds in which something may be looked up; None where there is time."""
    return None if interaction.response.is_done() else max(0.0, SOON - waited(interaction))


@asynccontextmanager
async def in_time(interaction: discord.Interaction[Any]) -> AsyncIterator[None]:
    """The same for what is inside, whatever it waits for. Raises QueueAway."""
    try:
        async with asyncio.timeout(left(interaction)):
            yield
    except TimeoutError:
        raise QueueAway from None
