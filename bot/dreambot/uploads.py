"""Pictures that members bring: judged by what Discord says of them, downloaded, and made clean PNGs."""

from __future__ import annotations

import asyncio

import discord

from dreambot.texts import Speech
from dreamqueue import pictures, png
from dreamqueue.errors import PictureError
from dreamqueue.recipe import Recipe
from dreamqueue.text import quote

DECODERS = 2
"""Pictures of members that are decoded at once: a large one needs some hundred megabytes."""


class Uploads:
    """Downloads and decodes, a few at a time."""

    def __init__(self, client: discord.Client) -> None:
        self._client = client
        self._decoding = asyncio.Semaphore(DECODERS)

    async def picture(self, url: str, said: Speech, side: int = pictures.SIDE) -> bytes:
        """What Discord has there, as a clean PNG of at most `side` × `side` pixels. Raises PictureError."""
        data = await self._download(url, said)
        async with self._decoding:
            return await asyncio.to_thread(pictures.read_picture, data, side=side)

    async def recipe(self, url: str, said: Speech) -> Recipe:
        """The recipe inside a picture that the bot painted. Raises PictureError."""
        data = await self._download(url, said)
        async with self._decoding:
            return await asyncio.to_thread(png.read_recipe, data)

    async def _download(self, url: str, said: Speech) -> bytes:
        try:
            return await self._client.http.get_from_cdn(url)
        except discord.HTTPException as error:
            raise PictureError(said.say("uploads.lost")) from error


def check_declared(size: int, kind: str | None, said: Speech) -> None:
    """Raises PictureError for what need not be downloaded: by bytes and content type, as Discord says."""
    if size > pictures.MAX_BYTES:
        most, has = pictures.MAX_BYTES / 2**20, size / 2**20
        raise PictureError(said.say("uploads.too-heavy", has=f"{has:.1f}", most=f"{most:g}"))
    if (kind or "image/").partition("/")[0] != "image":
        found = quote(kind or "")
        raise PictureError(said.say("uploads.no-picture", found=found))
