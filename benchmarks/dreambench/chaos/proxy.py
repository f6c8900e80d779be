"""A TCP road between two processes that can be cut, or stall, and be whole again."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self


class Proxy:
    """Listens on a loopback port of its own and passes bytes to another and back."""

    def __init__(self, port: int) -> None:
        self.target = port
        """Where it leads to, on this machine."""
        self.port = 0
        """Where it listens; known once it was entered."""
        self._server: asyncio.Server | None = None
        self._open = asyncio.Event()
        self._open.set()
        self._is_cut = False
        self._roads: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cut()
        if self._server is not None:
            self._server.close()

    def cut(self) -> None:
        """Break all connections, and every new one at once."""
        self._is_cut = True
        for writer in list(self._roads):
            writer.transport.abort()

    def stall(self) -> None:
        """Hold all bytes back; connections stay, and new ones are taken and hear nothing."""
        self._open.clear()

    def heal(self) -> None:
        """Be whole again."""
        self._is_cut = False
        self._open.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        self._roads.add(writer)
        there: asyncio.StreamWriter | None = None
        try:
            answers, there = await asyncio.open_connection("127.0.0.1", self.target)
            self._roads.add(there)
            ways = [asyncio.ensure_future(self._pass(*way)) for way in ((reader, there), (answers, writer))]
            _, left = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in left:
                way.cancel()
        except OSError:
            pass
        finally:
            for end in (writer, there):
                if end is not None:
                    self._roads.discard(end)
                    end.transport.abort()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(1 << 16):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
            await self._open.wait()
            async with asyncio.timeout(1):  # what one side said before it hung up still reaches the other
                writer.close()
                await writer.wait_closed()
