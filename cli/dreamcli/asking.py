"""One question to the queue of a deployment, for commands that ask and say what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from dreamcli.for_operators import told
from dreamconfig.settings import QueueSettings
from dreamqueue.client import QueueClient
from dreamqueue.errors import DreamError

Answer = TypeVar("Answer")


def ask(question: Callable[[QueueClient], Awaitable[Answer]]) -> Answer:
    """Connect, ask, close. Raises ClickException in words for whoever runs it."""

    async def asked() -> Answer:
        queue = await QueueClient.connect(QueueSettings())
        try:
            return await question(queue)
        finally:
            await queue.close()

    try:
        return asyncio.run(asked())
    except DreamError as error:
        raise click.ClickException(told(error)) from None
