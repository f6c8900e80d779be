"""The page."""

from __future__ import annotations

from aiohttp import web

from dreampractice.core import Core


class Page:
    def __init__(self, core: Core) -> None:
        self.core = core

    def routes(self) -> list[web.RouteDef]:
        return []

    async def close(self) -> None: ...
