"""Fetching: what arrives is whole and right, or the place is as it was, whatever a server does."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from filelock import FileLock

from dreamrender import fetching
from dreamrender.fetching import TRIES, FetchError, GivenUp, Wanted, address, fetch, kept_as
from dreamrender.part import proof_of

from .shop import Shop, open_shop

DATA = random.Random(1).randbytes(700_000)
SUM = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def shop() -> Iterator[Shop]:
    with open_shop(**{"a.ckpt": DATA}) as shop:
        yield shop


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "models" / "mine.ckpt"


def get(place: Path, *urls: str, **facts: Any) -> list[tuple[int, int | None]]:
    """Fetch without rests; what the progress bar was told."""
    told: list[tuple[int, int | None]] = []
    fetch(Wanted(place, urls, **facts), lambda here, whole: told.append((here, whole)), pause=0)
    return told


def beside(place: Path) -> set[str]:
    """What else lies in the folder."""
    return {path.name for path in place.parent.iterdir() if path.suffix != ".lock"} - {place.name}


def test_a_file_arrives_with_its_checksum_and_its_progress(shop: Shop, place: Path) -> None:
    told = get(place, f"{shop.url}/a.ckpt", sha256=SUM, size=len(DATA))
    assert place.read_bytes() == DATA
    assert beside(place) == {"mine.ckpt.sha256"}
    assert proof_of(place).read_text().strip() == SUM
    assert told[0] == (0, len(DATA))
    assert told[-1] == (len(DATA), len(DATA))
    assert told == sorted(told)


def test_a_broken_line_is_taken_up_where_it_broke(shop: Shop, place: Path) -> None:
    shop.breaks_after["/a.ckpt"] = [100_000, 300_000]
    get(place, f"{shop.url}/a.ckpt")
    assert place.read_bytes() == DATA
    ranges = [asked for _, asked in shop.asked]
    assert ranges[0] == ""
    starts = [int(asked.removeprefix("bytes=").rstrip("-")) for asked in ranges[1:]]
    assert starts == sorted(starts)
    assert 0 < starts[0] <= 100_000 < starts[-1] <= 400_000


def test_the_next_day_it_goes_on_too(shop: Shop, place: Path) -> None:
    shop.breaks_after["/a.ckpt"] = [400_000, *([0] * TRIES)]
    with pytest.raises(FetchError, match=r"mine\.ckpt could not be fetched: 127\.0\.0\.1 does not answer"):
        get(place, f"{shop.url}/a.ckpt")
    assert not place.exists()
    assert "mine.ckpt.part" in beside(place)
    shop.asked.clear()
    told = get(place, f"{shop.url}/a.ckpt")
    assert place.read_bytes() == DATA
    assert told[0][0] > 0
    assert shop.asked[0][1] == f"bytes={told[0][0]}-"


def test_a_file_that_changed_meanwhile_is_fetched_anew(shop: Shop, place: Path) -> None:
    shop.breaks_after["/a.ckpt"] = [400_000, *([0] * TRIES)]
    with pytest.raises(FetchError):
        get(place, f"{shop.url}/a.ckpt")
    shop.files["/a.ckpt"] = DATA[::-1]
    get(place, f"{shop.url}/a.ckpt")
    assert place.read_bytes() == DATA[::-1]


def test_without_a_mark_the_length_tells_that_it_changed(shop: Shop, place: Path) -> None:
    shop.marks = False
    shop.breaks_after["/a.ckpt"] = [400_000, *([0] * TRIES)]
    with pytest.raises(FetchError):
        get(place, f"{shop.url}/a.ckpt")
    shop.files["/a.ckpt"] = DATA[::-1] + b"more"
    get(place, f"{shop.url}/a.ckpt")
    assert place.read_bytes() == DATA[::-1] + b"more"
    assert [asked[:6] for _, asked in shop.asked[-2:]] == ["bytes=", ""]


def test_a_server_that_cannot_go_on_begins_again(shop: Shop, place: Path) -> None:
    shop.ranges = False
    shop.breaks_after["/a.ckpt"] = [400_000]
    get(place, f"{shop.url}/a.ckpt", sha256=SUM)
    assert place.read_bytes() == DATA


def test_the_part_of_one_source_is_not_continued_with_anothers(shop: Shop, place: Path) -> None:
    shop.files["/b.ckpt"] = DATA[::-1]
    shop.breaks_after["/a.ckpt"] = [400_000, *([0] * TRIES)]
    get(place, f"{shop.url}/a.ckpt", f"{shop.url}/b.ckpt")
    assert place.read_bytes() == DATA[::-1]


def test_the_next_source_is_tried(shop: Shop, place: Path) -> None:
    shop.files["/page.html"] = b"<html>not any more</html>"
    get(place, f"{shop.url}/gone.ckpt", f"{shop.url}/page.html", f"{shop.url}/a.ckpt")
    assert place.read_bytes() == DATA


def test_a_wrong_checksum_leaves_what_was_there(shop: Shop, place: Path) -> None:
    place.parent.mkdir()
    place.write_bytes(b"an older one")
    shop.files["/lie.ckpt"] = DATA[:-1] + b"!"
    with pytest.raises(FetchError, match=r"another file than its publisher's: sha256 \w{12}…, not \w{12}…"):
        get(place, f"{shop.url}/lie.ckpt", sha256=SUM)
    assert place.read_bytes() == b"an older one"
    assert beside(place) == set()
    get(place, f"{shop.url}/lie.ckpt", f"{shop.url}/a.ckpt", sha256=SUM)
    assert place.read_bytes() == DATA


def test_the_checksum_that_the_hub_states_counts(
    shop: Shop, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", shop.url)
    path = "/owner/name/resolve/main/weights.safetensors"
    shop.files[path] = DATA
    shop.stated[path] = "0" * 64
    source = "hf:owner/name/weights.safetensors"
    with pytest.raises(FetchError, match="not 000000000000"):
        get(place, source)
    shop.stated[path] = SUM
    get(place, source)
    assert place.with_suffix(".safetensors").read_bytes() == DATA, "kept in the form that the hub has"
    assert ("/elsewhere" + path, "") in shop.asked


def test_only_the_hubs_names_say_the_form(place: Path) -> None:
    assert kept_as(place, "hf:a/b/open_clip_model.safetensors").name == "mine.safetensors"
    assert kept_as(place, "https://a.example/files?p=x.bin").name == "mine.ckpt"
    assert kept_as(place.with_suffix(".yaml"), "hf:a/b/config.bin").name == "mine.yaml"
    assert address("hf:a/b/c/d.bin").startswith("https://huggingface.co/a/b/resolve/main/c/d.bin")


class Wrong(NamedTuple):
    data: bytes
    why: str


@pytest.mark.parametrize(
    "wrong",
    [
        Wrong(b"<!DOCTYPE html><title>Sign in</title>", "gives a web page in place of the file"),
        Wrong(b"\n <html><body>Too many downloads</body>", "gives a web page in place of the file"),
    ],
)
def test_a_page_is_no_model_whatever_it_is_called(shop: Shop, place: Path, wrong: Wrong) -> None:
    shop.files["/page"] = wrong.data
    with pytest.raises(FetchError, match=wrong.why):
        get(place, f"{shop.url}/page")
    assert beside(place) == set()
    assert not place.exists()


def test_a_wrong_length_is_refused_before_it_is_fetched(shop: Shop, place: Path) -> None:
    with pytest.raises(FetchError, match="has a file of 700,000 bytes, and it should be 5"):
        get(place, f"{shop.url}/a.ckpt", size=5)
    assert beside(place) == set()


def test_a_busy_server_is_asked_again_and_not_for_ever(shop: Shop, place: Path) -> None:
    shop.busy = TRIES - 1
    get(place, f"{shop.url}/a.ckpt")
    assert place.read_bytes() == DATA
    shop.busy, shop.asked = 10_000, []
    with pytest.raises(FetchError, match="answers 503"):
        get(place, f"{shop.url}/a.ckpt")
    assert len(shop.asked) == TRIES


def test_nobody_answers(place: Path) -> None:
    with pytest.raises(FetchError, match=r"127\.0\.0\.1 does not answer well"):
        get(place, "http://127.0.0.1:1/a.ckpt")
    with pytest.raises(FetchError, match="the catalogue names no place that has it"):
        get(place)
    with pytest.raises(FetchError, match="cannot be used"):
        get(place, "ftp://127.0.0.1/a.ckpt")


def test_a_full_disk_is_said_before_it_is_full(
    shop: Shop, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil._ntuple_diskusage(total=10**9, used=10**9, free=100_000)  # type: ignore[attr-defined]
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    with pytest.raises(
        FetchError, match=r"cannot be written: 0\.0 GB are missing, and the disk of .* 0\.0 GB"
    ):
        get(place, f"{shop.url}/a.ckpt")
    assert not place.exists()


def test_a_disk_that_fills_up_keeps_the_part(
    shop: Shop, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def put(source: Path, target: Path) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", put)
        with pytest.raises(FetchError, match="No space left on device"):
            get(place, f"{shop.url}/a.ckpt")
    assert "mine.ckpt.part" in beside(place)
    get(place, f"{shop.url}/a.ckpt")
    assert place.read_bytes() == DATA


def test_a_folder_that_cannot_be_written_is_said(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    with pytest.raises(FetchError, match="cannot be written"):
        get(tmp_path / "models" / "a.ckpt", f"{shop.url}/a.ckpt")


def test_two_do_not_fetch_the_same_file(shop: Shop, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.parent.mkdir()
    wanted, stop = Wanted(place, [f"{shop.url}/a.ckpt"]), threading.Event()
    stop.set()
    with FileLock(f"{place}.lock"), pytest.raises(GivenUp, match="not wanted any more"):
        fetch(wanted, give_up=stop)
    looked, there = threading.Event(), fetching._there

    def seen(what: Wanted) -> bool:
        found = there(what)
        looked.set()
        return found

    monkeypatch.setattr(fetching, "_there", seen)
    with FileLock(f"{place}.lock"):
        waiting = threading.Thread(target=fetch, args=(wanted,))
        waiting.start()
        assert looked.wait(10)
        place.write_bytes(b"what the other fetched")
    waiting.join(10)
    assert not waiting.is_alive()
    assert place.read_bytes() == b"what the other fetched"


def test_it_can_be_given_up_and_keeps_what_it_has(shop: Shop, place: Path) -> None:
    stop = threading.Event()
    wanted = Wanted(place, [f"{shop.url}/a.ckpt"])
    with pytest.raises(GivenUp, match="is kept"):
        fetch(wanted, lambda here, whole: stop.set() if here else None, give_up=stop, pause=0)
    assert 0 < (place.parent / "mine.ckpt.part").stat().st_size <= len(DATA)
    get(place, f"{shop.url}/a.ckpt")
    assert place.read_bytes() == DATA
