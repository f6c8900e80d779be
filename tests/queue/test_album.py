"""Where pictures lie: Redis, a real folder, and anything else that fsspec knows."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from dreamconfig.settings import QueueSettings
from dreamqueue.album import PRUNED, Album, FolderAlbum, album_at, name_of
from dreamqueue.album_trial import try_out
from dreamqueue.client import QueueClient
from dreamqueue.errors import AlbumAway, QueueAway
from dreamqueue.store import RedisAway
from dreamqueue.sweep import sweep

PICTURE = b"a picture" * 1000
NAME = name_of(PICTURE)


@pytest.fixture(params=["", "folder", "file://folder", "memory://album"])
async def album(request: pytest.FixtureRequest, redis_url: str, tmp_path: Path) -> AsyncIterator[Album]:
    redis = Redis.from_url(redis_url)
    yield album_at(request.param.replace("folder", str(tmp_path / "a b")), redis, 1.0)
    await redis.aclose()


def files_in(folder: Path) -> set[str]:
    return {path.name for path in folder.rglob("*") if path.is_file()}


def file_of(folder: Path, name: str = NAME) -> Path:
    (found,) = (path for path in folder.rglob(name) if "hub" not in path.parts)
    return found


async def test_what_is_put_is_there_until_it_is_dropped(album: Album) -> None:
    checkpoint = f"checkpoint-{'1f' * 6}-{NAME}"
    for name in (NAME, checkpoint):
        assert await album.get(name) is None
        await album.put(name, PICTURE)
        await album.put(name, PICTURE)
        assert await album.get(name) == PICTURE
    await album.drop(NAME)
    await album.drop(NAME)
    assert await album.get(NAME) is None
    assert await album.get(checkpoint) == PICTURE
    await album.prune()
    assert await album.get(checkpoint) == PICTURE
    await album.drop(checkpoint)


@pytest.mark.parametrize(
    "name", ["../" + NAME, "/etc/passwd", "", NAME + "\n", f"checkpoint-../-{NAME}", "pruned"]
)
async def test_a_name_is_never_a_path(album: Album, name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no name"):
        await album.put(name, b"x")
    with pytest.raises(ValueError, match="no name"):
        await album.drop(name)
    assert await album.get(name) is None
    assert files_in(tmp_path) == set()


@pytest.mark.parametrize("damage", [PICTURE[:100], b"", PICTURE[:-1] + b"!", PICTURE * 2])
async def test_a_file_that_lies_counts_as_missing(
    tmp_path: Path, damage: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    album = FolderAlbum(str(tmp_path), 1.0)
    await album.put(NAME, PICTURE)
    file_of(tmp_path).write_bytes(damage)
    assert await album.get(NAME) is None
    assert f"{NAME} in the album is damaged" in caplog.text
    await album.put(NAME, PICTURE)
    assert await album.get(NAME) == PICTURE, "keeping it again makes it whole"


async def test_a_file_appears_as_a_whole(tmp_path: Path) -> None:
    album = FolderAlbum(str(tmp_path), 1.0)
    await album.put(NAME, PICTURE)
    with file_of(tmp_path).open("rb") as reader:
        start = reader.read(10)
        await album.put(NAME, PICTURE)
        assert start + reader.read() == PICTURE, "who reads the one before still does"
    assert files_in(tmp_path) == {NAME}


async def test_old_files_go_and_no_others(tmp_path: Path) -> None:
    album = FolderAlbum(str(tmp_path), keep_hours=1.0)
    new = name_of(b"new")
    await album.put(NAME, PICTURE)
    await album.put(new, b"new")
    aside = file_of(tmp_path).with_name(f"{NAME}.0123abcd.part")
    strangers = [tmp_path / name for name in ("holiday.jpg", "x.part", "hub", "hub/blobs")]
    strangers[2].mkdir()
    strangers[3] = tmp_path / "hub" / new  # as a model hub's cache names its files
    for path in (aside, *strangers[:2], strangers[3]):
        path.write_bytes(b"")
    long_ago = time.time() - 3700
    for path in (file_of(tmp_path), file_of(tmp_path, new), aside, *strangers):
        os.utime(path, (long_ago, long_ago))
    await album.put(new, b"new")
    await album.prune()
    assert all(path.exists() for path in strangers), "they are somebody else's"
    assert not aside.exists()
    assert NAME not in files_in(tmp_path)
    assert file_of(tmp_path, new).exists()
    os.utime(file_of(tmp_path, new), (long_ago, long_ago))
    await FolderAlbum(str(tmp_path), 1.0).prune()
    assert await album.get(new) == b"new", "another process looked within the hour"
    os.utime(tmp_path / PRUNED, (long_ago, long_ago))
    await FolderAlbum(str(tmp_path), 1.0).prune()
    assert await album.get(new) is None


async def test_a_place_that_is_not_there_counts_as_away(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    album = FolderAlbum(str(tmp_path / "file"), 1.0)
    with pytest.raises(RedisAway) as caught:
        await album.put(NAME, PICTURE)
    assert isinstance(caught.value, AlbumAway)
    assert isinstance(caught.value, QueueAway)
    assert str(caught.value).startswith("The place where pictures are kept does not answer")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
async def test_a_full_disk_is_said() -> None:
    album = FolderAlbum("/dev", 1.0)
    with pytest.raises(AlbumAway, match="is full"):
        await album._ask(lambda: Path("/dev/full").write_bytes(b"x"))


@pytest.mark.parametrize("url", ["nowhere://x", "s4://bucket"])
async def test_a_place_of_no_known_kind_is_said(url: str) -> None:
    with pytest.raises(ValueError, match=f"DREAM_ALBUM `{url}`"):
        FolderAlbum(url, 1.0)


async def test_two_clients_share_a_folder_and_redis_holds_no_picture(redis_url: str, tmp_path: Path) -> None:
    settings = QueueSettings(redis_url=SecretStr(redis_url), album=str(tmp_path / "album"))
    bot, worker = await asyncio.gather(*(QueueClient.connect(settings) for _ in range(2)))
    key = await bot.keep(PICTURE)
    assert key == NAME
    assert await worker.fetch(key) == PICTURE
    assert await bot.redis.keys("*") == []
    file_of(tmp_path).write_bytes(b"gone bad")
    assert await bot.fetch(key) is None
    await sweep(bot)
    assert (tmp_path / "album" / PRUNED).exists()
    for client in (bot, worker):
        await client.close()


async def test_trying_it_out_leaves_nothing_and_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    await try_out(FolderAlbum(str(tmp_path / "album"), 1.0))
    assert files_in(tmp_path) == {"file"}
    with pytest.raises(AlbumAway) as caught:
        await try_out(FolderAlbum(str(tmp_path / "file"), 1.0))
    assert str(tmp_path / "file") in caught.value.why
    assert str(tmp_path) not in str(caught.value)
