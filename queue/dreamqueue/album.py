"""Where pictures, saved paintings and checkpoints lie: in Redis, or in a folder that all machines share.

The name of what never changes is the sha256 of its bytes, and that of a checkpoint ends with it. So whatever
reads it can tell whether it is whole: what is not counts as missing.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import secrets
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar, cast

import fsspec
from redis.asyncio import Redis

from dreamqueue import keys
from dreamqueue.errors import AlbumAway, NoSuchAlbum

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

NAME = re.compile(r"(?:checkpoint-[0-9A-Za-z]{1,64}-)?([0-9a-f]{64})")
SILENCE = 60.0
"""Seconds without an answer after which the place of an album counts as away."""
PRUNE_SECONDS = 3600.0
"""Time between two looks for what is too old; the first process that comes does it for all."""
PRUNED = "pruned"
"""A file whose date is that of the last look, by the clock of the file system."""
ASIDE = ".part"
"""What the names of files end with that are still being written."""
OBJECT_STORES = {"memory", "s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "adl", "oss", "r2"}
"""Places where a file appears at once with its whole content, and folders are nothing to be made."""


class Album(Protocol):
    """Bytes by name, kept for a while. If its place is away or full it raises one of `RedisAway`."""

    async def put(self, name: str, data: bytes) -> None:
        """Keep this from now on for its time. Raises ValueError for a name that is none."""

    async def get(self, name: str) -> bytes | None:
        """What was kept; None if it is unknown, forgotten or damaged."""

    async def drop(self, name: str) -> None:
        """Forget it."""

    async def prune(self) -> None:
        """Forget what is too old, where its place does not do so by itself."""


def name_of(data: bytes) -> str:
    """The name of something that never changes."""
    return hashlib.sha256(data).hexdigest()


def album_at(url: str, redis: Redis, keep_hours: float) -> Album:
    """The album of a setting: in Redis if it is empty, else a folder by its path or any URL of fsspec.

    Raises NoSuchAlbum for a URL that nothing here understands.
    """
    return FolderAlbum(url, keep_hours) if url else RedisAlbum(redis, keep_hours)


def check_place(url: str) -> None:
    """Raises NoSuchAlbum for a setting that `album_at` cannot take; touches nothing."""
    if url:
        FolderAlbum(url, 1.0)


class RedisAlbum:
    """Beside the queue; each key expires."""

    def __init__(self, redis: Redis, keep_hours: float) -> None:
        self._redis = redis
        self._keep_ms = int(keep_hours * 3_600_000)

    async def put(self, name: str, data: bytes) -> None:
        """Keep it for `keep_hours`."""
        await self._redis.set(keys.blob(_checked(name)), data, px=self._keep_ms)

    async def get(self, name: str) -> bytes | None:
        """What was kept."""
        if not NAME.fullmatch(name):
            return None
        data = cast("bytes | None", await self._redis.get(keys.blob(name)))
        return None if data is None else await asyncio.to_thread(_whole, name, data)

    async def drop(self, name: str) -> None:
        """Forget it."""
        await self._redis.delete(keys.blob(_checked(name)))

    async def prune(self) -> None:
        """Redis does so."""


class FolderAlbum:
    """Files in a folder of any file system that fsspec knows."""

    def __init__(self, url: str, keep_hours: float) -> None:
        self._keep_seconds = keep_hours * 3600
        try:
            # a listing that is remembered would not show what other machines have done
            files, root = fsspec.core.url_to_fs(url, use_listings_cache=False)
        except (ValueError, ImportError) as error:
            raise NoSuchAlbum(url, error) from error
        self._files: Any = files
        self._root = str(root).rstrip("/")
        protocol = files.protocol
        self._at_once = bool(OBJECT_STORES & {protocol, *([] if isinstance(protocol, str) else protocol)})

    async def put(self, name: str, data: bytes) -> None:
        """Write it, as a whole or not at all; a file that was there is new again."""
        await self._ask(lambda: self._write(self._path(_checked(name)), data))

    async def get(self, name: str) -> bytes | None:
        """What was kept."""
        return await self._ask(lambda: self._read(name)) if NAME.fullmatch(name) else None

    async def drop(self, name: str) -> None:
        """Remove the file."""
        await self._ask(lambda: self._remove(self._path(_checked(name))))

    async def prune(self) -> None:
        """Remove files that were written longer than `keep_hours` ago; once an hour, whoever asks."""
        removed = await self._ask(self._prune)
        if removed:
            log.info("%d old files of the album were removed", removed)

    async def _ask(self, work: Callable[[], Answer]) -> Answer:
        try:
            async with asyncio.timeout(SILENCE):
                return await asyncio.to_thread(work)
        except ValueError:
            raise
        except Exception as error:  # each file system has kinds of its own
            raise AlbumAway(error) from error

    def _path(self, name: str) -> str:
        return f"{self._root}/{NAME.fullmatch(name)[1][:2]}/{name}"  # type: ignore[index]

    def _write(self, path: str, data: bytes) -> None:
        if self._at_once:
            self._files.pipe_file(path, data)
            return
        aside = f"{path}.{secrets.token_hex(4)}{ASIDE}"
        self._files.makedirs(path.rpartition("/")[0], exist_ok=True)
        try:
            self._files.pipe_file(aside, data)
            self._files.mv(aside, path)
        except BaseException:
            self._remove(aside)
            raise

    def _read(self, name: str) -> bytes | None:
        try:
            return _whole(name, bytes(self._files.cat_file(self._path(name))))
        except FileNotFoundError:
            return None

    def _remove(self, path: str) -> None:
        try:
            self._files.rm_file(path)
        except FileNotFoundError:
            return

    def _prune(self) -> int:
        mark = f"{self._root}/{PRUNED}"
        if self._files.exists(mark) and datetime.now(UTC).timestamp() - self._date(mark) < PRUNE_SECONDS:
            return 0
        self._write(mark, b"")
        now = self._date(mark)
        removed = 0
        for path, facts in self._files.find(self._root, detail=True).items():
            name = str(path).rpartition("/")[2]
            if not self._ours(str(path), name):
                continue
            try:
                written = _written(facts) or self._date(path)
            except FileNotFoundError:
                continue
            if now - written > self._keep_seconds:
                self._remove(path)
                removed += 1
        return removed

    def _ours(self, path: str, name: str) -> bool:
        """Whether we have written it: others may keep files in the same folder."""
        aside = re.fullmatch(rf"(.+)\.[0-9a-f]{{8}}{re.escape(ASIDE)}", name)
        whole = aside[1] if aside else name
        if NAME.fullmatch(whole) is None:
            return False
        return path.endswith(f"{self._path(whole)[len(self._root) :]}{name[len(whole) :]}")

    def _date(self, path: str) -> float:
        return float(self._files.modified(path).timestamp())


def _written(facts: dict[str, Any]) -> float | None:
    """When a file was written, where a listing says so: folders and S3 do."""
    when = facts.get("mtime", facts.get("LastModified"))
    return when.timestamp() if isinstance(when, datetime) else when


def _checked(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name of an album")
    return name


def _whole(name: str, data: bytes) -> bytes | None:
    """The data, if they are what the name says."""
    if name.endswith(name_of(data)):
        return data
    log.warning("%s in the album is damaged: %d bytes of something else", name, len(data))
    return None
