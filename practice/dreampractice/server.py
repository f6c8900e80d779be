"""The practice Discord as a whole: `async with PracticeDiscord() as discord: …`."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from aiohttp import web

from dreampractice import (
    cdn,
    page_socket,
    rest,
    rest_commands,
    rest_interactions,
    rest_messages,
    rest_places,
)
from dreampractice.core import Core, Exchange
from dreampractice.gateway import Gateway
from dreampractice.people import Person
from dreampractice.permissions import Permission, named
from dreampractice.rules import Rules
from dreampractice.world import World, furnished

TOKEN = "practice-token"  # noqa: S105 - opens nothing but this
ENDPOINTS = (
    *rest_places.ENDPOINTS,
    *rest_messages.ENDPOINTS,
    *rest_commands.ENDPOINTS,
    *rest_interactions.ENDPOINTS,
)


class PracticeDiscord:
    """A Discord on loopback: REST, gateway, CDN and a page for people."""

    def __init__(
        self,
        port: int = 0,
        *,
        token: str = TOKEN,
        world: World | None = None,
        rules: Rules | None = None,
        host: str = "127.0.0.1",
    ) -> None:
        self.world = world or furnished()
        self.core = Core(self.world, rules or Rules(), token)
        self.token = token
        self._host, self._port = host, port
        self._runner: web.AppRunner | None = None
        self.gateway = Gateway(self.core)
        self.page = page_socket.Page(self.core)

    @property
    def url(self) -> str:
        """Where it listens: what `point_discord_at` takes, and where the page is."""
        return self.core.base

    @property
    def traffic(self) -> list[Exchange]:
        """The REST requests so far, with their replies."""
        return list(self.core.traffic)

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=128 * 1024 * 1024)
        app.router.add_get("/gateway", self.gateway.serve)
        app.router.add_get("/gateway/", self.gateway.serve)
        app.router.add_routes(cdn.routes(self.core))
        app.router.add_routes(self.page.routes())
        app.router.add_routes(rest.routes(self.core, ENDPOINTS))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        site = web.TCPSite(self._runner, self._host, self._port)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        self.core.base = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.core.interactions.close()
        await self.gateway.close()
        await self.page.close()
        if self._runner is not None:
            await self._runner.cleanup()

    def person(self, name: str) -> Person:
        """A member of the world, by name."""
        return Person(self.core, self.world.member(name))

    def add_person(
        self, name: str, roles: tuple[str, ...] = (), joined_days: float = 30.0, account_days: float = 365.0
    ) -> Person:
        """A new member."""
        return Person(self.core, self.world.add_person(name, roles, joined_days, account_days))

    def set_permissions(
        self, channel: str, target: str = "bot", allow: tuple[str, ...] = (), deny: tuple[str, ...] = ()
    ) -> None:
        """Allow and deny permissions (discord.py's names) in a channel, for a role, a member, "bot"
        or "@everyone"."""
        who = self.world.bot.id if target == "bot" else target
        self.world.allow(self.world.channel(channel), who, named(allow), named(deny))

    async def bot_connected(self) -> None:
        """Wait until a bot's gateway session is live."""
        await self.gateway.connected.wait()

    async def drop_gateways(self, resumable: bool = True) -> None:
        """Break the bot's connection; with resumable=False its session is lost as well."""
        await self.gateway.drop(resumable)

    def ask_to_reconnect(self) -> None:
        """Send the bot op 7, as Discord does when it moves servers."""
        self.gateway.ask_to_reconnect()


__all__ = ["TOKEN", "Permission", "PracticeDiscord"]
