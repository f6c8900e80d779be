"""Whether an album can be used: one small file is written, read and dropped."""

from __future__ import annotations

import secrets

from dreamqueue.album import Album, name_of
from dreamqueue.errors import AlbumAway


async def try_out(album: Album) -> None:
    """Write, read and drop a file. Raises AlbumAway, whose `why` says what is wrong."""
    data = secrets.token_bytes(32)
    name = name_of(data)
    await album.put(name, data)
    found = await album.get(name)
    await album.drop(name)
    if found != data:
        raise AlbumAway(OSError("what is written there cannot be read again"))
