"""The index of a collection: looked at once, kept, as the folder is; nothing in the folder is trusted."""

from __future__ import annotations

import json
import os
import struct
import time
import zlib
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from dreamrender.collection import index_file
from dreamrender.collection.index import Index, index
from dreamrender.collection.pictures import pictures_in
from dreamrender.critics.open_clip import OpenClipCritic

from .picture_folders import Counting, fill, square

PROBES = 3


@pytest.fixture
def harbours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return fill(tmp_path / "harbours", {"red": 3, "blue": 2})


@pytest.fixture
def eye(critic: OpenClipCritic) -> Counting:
    return Counting(critic)


def looks(eye: Counting, collection: Path) -> tuple[Index, int]:
    """The index, and how many of its pictures were looked at for it."""
    before = eye.pictures
    found = index(collection, eye)
    return found, eye.pictures - before - PROBES


def paths(found: Index) -> list[str]:
    return [picture.path for picture in found.pictures]


ALL = ["blue/0.png", "blue/1.png", "red/0.png", "red/1.png", "red/2.png"]


def test_pictures_are_looked_at_once(harbours: Path, eye: Counting) -> None:
    first, looked = looks(eye, harbours)
    assert (paths(first), looked) == (ALL, 5)
    again, looked = looks(eye, harbours)
    assert (paths(again), looked) == (ALL, 0)
    assert torch.equal(first.embeddings, again.embeddings)
    assert first.embeddings.norm(dim=1).tolist() == pytest.approx([1] * 5, abs=1e-3)


def test_new_changed_and_gone_pictures(harbours: Path, eye: Counting) -> None:
    first, _ = looks(eye, harbours)
    square(harbours / "green" / "new.png", "green")
    assert looks(eye, harbours)[1] == 1
    square(harbours / "red" / "0.png", "yellow")
    (harbours / "blue" / "0.png").unlink()
    now, looked = looks(eye, harbours)
    assert looked == 1
    assert paths(now) == ["blue/1.png", "green/new.png", "red/0.png", "red/1.png", "red/2.png"]
    assert not torch.allclose(first.embeddings[2], now.embeddings[2])
    assert torch.equal(first.embeddings[3:], now.embeddings[3:])
    assert looks(eye, harbours)[1] == 0


@pytest.mark.parametrize("harm", ["cut", "noise", "empty", "lie", "swap", "nan", "other"])
def test_a_damaged_or_lying_index_is_made_anew(
    harbours: Path, eye: Counting, harm: str, caplog: pytest.LogCaptureFixture
) -> None:
    first, _ = looks(eye, harbours)
    path = harbours / ".dream-index" / "tiny.safetensors"
    data = path.read_bytes()
    tensors = load_file(path)
    with safe_open(path, "pt") as file:
        head = file.metadata()
    if harm == "cut":
        path.write_bytes(data[: len(data) * 2 // 3])
    elif harm == "noise":
        path.write_bytes(bytes(range(256)) * 8)
    elif harm == "empty":
        path.write_bytes(b"")
    elif harm == "lie":  # more pictures than rows
        head["pictures"] = json.dumps([*json.loads(head["pictures"]), ["red/9.png", 1, 1]])
        save_file(tensors, path, head)
    elif harm == "swap":  # rows of other pictures
        save_file({**tensors, "embeddings": tensors["embeddings"].flip(0).contiguous()}, path, head)
    elif harm == "nan":
        save_file({**tensors, "embeddings": tensors["embeddings"] * float("nan")}, path, head)
    elif harm == "other":
        save_file(tensors, path, {"format": "something else"})
    again, looked = looks(eye, harbours)
    assert looked == 5
    assert torch.equal(first.embeddings, again.embeddings)
    assert "is made anew" in caplog.text
    assert looks(eye, harbours)[1] == 0


def test_another_critic_of_the_same_name_looks_for_itself(harbours: Path, eye: Counting) -> None:
    first, _ = looks(eye, harbours)
    other = Counting(eye.critic, turned=True)
    found, looked = looks(other, harbours)
    assert looked == 5
    assert torch.allclose(found.embeddings, -first.embeddings)


def test_what_cannot_be_read_is_left_out_and_remembered(
    harbours: Path, eye: Counting, caplog: pytest.LogCaptureFixture
) -> None:
    whole = (harbours / "red" / "0.png").read_bytes()
    (harbours / "red" / "cut.png").write_bytes(whole[:60])
    (harbours / "red" / "words.jpg").write_text("not a picture")
    (harbours / "red" / "bomb.png").write_bytes(_bomb())
    (harbours / "red" / "notes.txt").write_text("no picture, and not said to be one")
    with (harbours / "red" / "huge.png").open("wb") as file:
        file.truncate(64 * 1024 * 1024)
    found, looked = looks(eye, harbours)
    assert looked == 5
    assert [Path(picture.path).name for picture in found.damaged] == [
        "bomb.png",
        "cut.png",
        "huge.png",
        "words.jpg",
    ]
    for why in ("far too many pixels", "larger than 32 MiB", "cannot read this file", "damaged or cut off"):
        assert why in caplog.text
    caplog.clear()
    assert len(index(harbours, eye).damaged) == 4
    assert caplog.text == "", "it is not tried again"


def _bomb() -> bytes:
    """A PNG that says it has ten thousand million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    shape = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1_000_000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", shape) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_links_hidden_files_and_pipes_are_left_out(harbours: Path, tmp_path: Path) -> None:
    secret = square(tmp_path / "elsewhere" / "secret.png", "white")
    (harbours / "red" / "link.png").symlink_to(secret)
    (harbours / "elsewhere").symlink_to(secret.parent)
    square(harbours / ".hidden" / "x.png", "white")
    square(harbours / "red" / ".x.png", "white")
    os.mkfifo(harbours / "red" / "pipe.png")
    square(harbours.joinpath(*"abcdefg") / "deep.png", "white")
    square(harbours / "loose.PNG", "white")
    assert [picture.path for picture in pictures_in(harbours)] == [*ALL[:2], "loose.PNG", *ALL[2:]]
    folders = {picture.path: picture.folder for picture in pictures_in(harbours)}
    assert (folders["loose.PNG"], folders["red/0.png"]) == ("", "red")


def test_the_time_ends_the_looking_and_the_rest_comes_later(tmp_path: Path, eye: Counting) -> None:
    collection = fill(tmp_path / "many", {"grey": 40, "red": 3})
    told: list[tuple[int, int]] = []
    first = index(
        collection,
        eye,
        first=["red"],
        until=time.monotonic(),
        progress=lambda done, of: told.append((done, of)),
    )
    assert told == [(16, 43)]
    assert (len(first.pictures), first.unseen) == (16, 27)
    assert sum(picture.folder == "red" for picture in first.pictures) == 3, "what is asked for goes first"
    whole, looked = looks(eye, collection)
    assert (len(whole.pictures), whole.unseen, looked) == (43, 0, 27)


def test_where_nothing_can_be_written_the_cache_keeps_it(
    harbours: Path, tmp_path: Path, eye: Counting
) -> None:
    (harbours / ".dream-index").write_text("in the way")  # a folder without rights would not stop root
    first, _ = looks(eye, harbours)
    assert list((tmp_path / "cache").rglob("tiny.safetensors"))
    again, looked = looks(eye, harbours)
    assert looked == 0
    assert torch.equal(first.embeddings, again.embeddings)


def test_a_linked_index_folder_is_neither_read_nor_written(
    harbours: Path, tmp_path: Path, eye: Counting
) -> None:
    (tmp_path / "trap").mkdir()
    (harbours / ".dream-index").symlink_to(tmp_path / "trap")
    assert looks(eye, harbours)[1] == 5
    assert list((tmp_path / "trap").iterdir()) == []


def test_two_workers_keep_what_both_have_seen(
    harbours: Path, eye: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    square(harbours / "red" / "mine.png", "pink")
    save = index_file.save
    meanwhile: list[bool] = []

    def other_was_faster(*given: object) -> None:
        if not meanwhile:
            meanwhile.append(True)
            index(harbours, eye)  # another worker, from beginning to end
        save(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(index_file, "save", other_was_faster)
    mine = index(harbours, eye, until=time.monotonic())
    monkeypatch.setattr(index_file, "save", save)
    assert len(mine.pictures) == 6
    assert looks(eye, harbours)[1] == 0
    assert list((harbours / ".dream-index").iterdir()) == [harbours / ".dream-index" / "tiny.safetensors"]


def test_an_empty_folder_has_an_empty_index(tmp_path: Path, eye: Counting) -> None:
    (tmp_path / "empty").mkdir()
    found = index(tmp_path / "empty", eye)
    assert (found.pictures, found.embeddings.shape, found.unseen) == ((), (0, 16), 0)
