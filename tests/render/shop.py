"""A web server on loopback that gives away files, in all the ways in which servers misbehave."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from aiohttp import web


@dataclass
class Shop:
    """What it has, by path, and what it does wrong. `asked` is each request's path and Range."""

    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    breaks_after: dict[str, list[int]] = field(default_factory=dict)
    """By path: how many bytes each of the next answers gives before the line goes dead."""
    ranges: bool = True
    """Whether it can go on in the middle."""
    marks: bool = True
    """Whether it says which version of a file it has."""
    stated: dict[str, str] = field(default_factory=dict)
    """By path: the sha256 that the first of two answers states, as the Hugging Face hub does."""
    busy: int = 0
    """How many answers from now on are 503."""
    url: str = ""
    gate: threading.Event = field(default_factory=threading.Event)
    """Closed, it keeps everybody waiting after the first bytes."""
    being_asked: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        self.asked.append((path, request.headers.get("Range", "")))
        if self.busy:
            self.busy -= 1
            return web.Response(status=503)
        if path in self.stated:
            raise web.HTTPFound(f"/elsewhere{path}", headers={"X-Linked-ETag": f'"{self.stated[path]}"'})
        path = path.removeprefix("/elsewhere")
        if path not in self.files:
            raise web.HTTPNotFound
        if path.endswith(".html"):
            return web.Response(body=self.files[path], content_type="text/html")
        return await self._give(request, path)

    async def _give(self, request: web.Request, path: str) -> web.StreamResponse:
        data, mark = self.files[path], f'"{hashlib.md5(self.files[path]).hexdigest()}"'  # noqa: S324
        start = request.http_range.start or 0
        if not self.ranges or request.headers.get("If-Range", mark) != mark:
            start = 0
        if start >= len(data):
            return web.Response(status=416, headers={"Content-Range": f"bytes */{len(data)}"})
        answer = web.StreamResponse(
            status=206 if start else 200, headers={"ETag": mark} if self.marks else {}
        )
        if start:
            answer.headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        answer.content_length = len(data) - start
        await answer.prepare(request)
        breaks = self.breaks_after.get(path)
        given = data[start:] if not breaks else data[start : start + breaks.pop(0)]
        self.being_asked.set()
        await asyncio.to_thread(self.gate.wait)
        await answer.write(given)
        if len(given) < len(data) - start:
            assert request.transport is not None
            await asyncio.sleep(0)
            request.transport.close()
        return answer


@contextmanager
def open_shop(**files: bytes) -> Iterator[Shop]:
    """A shop that serves until the block ends, in a thread of its own."""
    shop = Shop({f"/{name}": data for name, data in files.items()})
    with serving(shop.answer) as shop.url:
        yield shop


@contextmanager
def serving(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> Iterator[str]:
    """The address of a server on loopback that answers every request so, until the block ends."""
    loop, ready, urls = asyncio.new_event_loop(), threading.Event(), []

    async def serve() -> web.AppRunner:
        app = web.Application()
        app.router.add_get("/{path:.*}", answer)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        return runner

    def run() -> None:
        asyncio.set_event_loop(loop)
        runner = loop.run_until_complete(serve())
        ready.set()
        loop.run_forever()
        loop.run_until_complete(runner.cleanup())
        loop.close()

    thread = threading.Thread(target=run, name="shop")
    thread.start()
    ready.wait()
    try:
        yield urls[0]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
