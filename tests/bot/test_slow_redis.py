"""A Redis that answers, but slowly: each reading is quick enough, all of them together are not."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import yarl
from tests.bot.pressing import heard, painted
from tests.bot.stage import Stage


class Slow:
    """A way to Redis on which each answer takes its time."""

    def __init__(self, url: yarl.URL) -> None:
        self.seconds = 0.0
        self._url = url
        self._passing: list[asyncio.Future[list[BaseException | None]]] = []

    async def met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Somebody connects."""
        there, here = await asyncio.open_connection(self._url.host, self._url.port)
        both = self._pass(reader, here, slow=False), self._pass(there, writer, slow=True)
        passing = asyncio.gather(*both, return_exceptions=True)
        self._passing.append(passing)
        await passing
        for end in (here, writer):
            end.close()
            with contextlib.suppress(ConnectionError):
                await end.wait_closed()

    async def close(self) -> None:
        """All that was begun ends."""
        await asyncio.gather(*self._passing)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, slow: bool) -> None:
        while data := await reader.read(65536):
            await asyncio.sleep(self.seconds if slow else 0)
            writer.write(data)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def slowed(stage: Stage) -> AsyncIterator[Slow]:
    """The bot's way to Redis."""
    url = yarl.URL(stage.redis_url)
    slow = Slow(url)
    server = await asyncio.start_server(slow.met, "127.0.0.1")
    stage.redis_url = str(url.with_port(server.sockets[0].getsockname()[1]))
    try:
        yield slow
    finally:
        slow.seconds = 0.0
        await stage.fell_bot()
        server.close()
        await slow.close()


@pytest.mark.parametrize("seconds", [0.5, 0.8])
async def test_readings_that_add_up_are_given_up_in_time(bare_stage: Stage, seconds: float) -> None:
    stage = bare_stage
    async with slowed(stage) as slow:
        await stage.raise_bot()
        message, _ = await painted(stage, stage.ada)
        slow.seconds = seconds
        press = stage.bo.begin_press(message, "Again")
        await press.settled.wait()
        assert press.failure is None
        await heard(stage, stage.bo, "The queue does not answer just now.")
        assert len(stage.public_messages()) == 1


@pytest.mark.parametrize("label", ["Remix", "Delete"])
async def test_a_dialog_is_not_opened_too_late(bare_stage: Stage, label: str) -> None:
    stage = bare_stage
    async with slowed(stage) as slow:
        await stage.raise_bot()
        message, _ = await painted(stage, stage.ada)
        slow.seconds = 2.5
        press = stage.ada.begin_press(message, label)
        await press.settled.wait()
        assert press.failure is None
        await heard(stage, stage.ada, "The queue does not answer just now.")


async def test_a_command_that_reads_before_it_answers_does_not_wait_too_long(bare_stage: Stage) -> None:
    stage = bare_stage
    async with slowed(stage) as slow:
        await stage.raise_bot()
        slow.seconds = 2.5
        asked = await stage.ada.slash("settings")
        assert asked.failed is None
        await heard(stage, stage.ada, "The queue does not answer just now.")
