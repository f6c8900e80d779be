"""Points discord.py at a stand-in for Discord: the practice server on this machine."""

from __future__ import annotations

import yarl
from discord.asset import Asset
from discord.gateway import DiscordWebSocket
from discord.http import Route

API = "/api/v10"
GATEWAY = "/gateway"
CDN = "/cdn"


def point_discord_at(url: str) -> None:
    """Send everything that discord.py would send to Discord to the server at `url`. Before login."""
    base = yarl.URL(url.rstrip("/"))
    scheme = {"http": "ws", "https": "wss"}.get(base.scheme)
    if scheme is None or not base.host:
        raise ValueError(f"DREAM_DISCORD_URL has to be http://host:port, not {url!r}")
    Route.BASE = f"{base}{API}"
    DiscordWebSocket.DEFAULT_GATEWAY = base.with_scheme(scheme).with_path(GATEWAY)
    Asset.BASE = f"{base}{CDN}"
