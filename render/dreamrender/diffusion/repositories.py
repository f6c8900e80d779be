"""Pipelines from the Hugging Face hub in the folder of models: whether they are here, and getting them.

They lie in `diffusers/` there, as huggingface_hub's own cache has it (blobs, and snapshots that link to
them), so that diffusers finds what it needs by itself.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from dreamconfig.catalogue import ModelEntry
from dreamqueue.errors import PaintError
from dreamrender.diffusion.folders import INDEX, describe
from dreamrender.fetching import FetchError, GivenUp, Tell, alone
from dreamrender.part import sha256_of

CACHE = "diffusers"
"""Within the folder of models."""
LOOK_SECONDS = 0.2
"""How often it is looked how far a download is, and whether it is still wanted."""


def repositories(entry: ModelEntry) -> list[str]:
    """All that a pipeline is made of, its main part first."""
    return [entry.repository, *entry.connected] if entry.repository else []


def find(entry: ModelEntry, models: Path) -> Path | None:
    """The folder of a repository's files, if they are all here."""
    places = [_snapshot(models / CACHE, one, entry) for one in repositories(entry)]
    return places[0] if places and all(places) else None


def fetch(
    entry: ModelEntry,
    models: Path,
    tell: Tell = lambda here, whole: None,
    *,
    give_up: threading.Event | None = None,
) -> Path:
    """Get a pipeline's repositories, file by file where an earlier attempt broke off; gives its folder.

    While another process fetches the same one, it waits for that. Raises FetchError.
    """
    stop = give_up or threading.Event()
    cache = models / CACHE
    try:
        cache.mkdir(parents=True, exist_ok=True)
        for repository in repositories(entry):
            with alone(_place(cache, repository), stop):
                if _snapshot(cache, repository, entry) is None:
                    _download(cache, repository, entry, tell, stop)
    except OSError as error:
        raise FetchError(f"{cache} cannot be written: {error.strerror}.") from error
    if (found := find(entry, models)) is None:
        raise FetchError(f"`{entry.repository}` was fetched and is not whole; please fetch it again.")
    return found


def spoilt(folder: Path) -> Iterator[Path]:
    """Files of a fetched pipeline that are not what they were: the cache names large ones by their sha256."""
    for path in sorted(folder.rglob("*")):
        name = path.resolve().name if path.is_symlink() else ""
        if len(name) == 64 and (not path.is_file() or sha256_of(path) != name):
            yield path


def _place(cache: Path, repository: str) -> Path:
    return cache / f"models--{repository.replace('/', '--')}"


def _unfinished(cache: Path, repository: str, entry: ModelEntry) -> Path:
    """Lies there while this variant and revision of a repository is being fetched; others may be whole."""
    parts = [_place(cache, repository).name, _revision(repository, entry) or "", entry.variant]
    return cache / f"{'--'.join(part.replace('/', '-') for part in parts if part)}.unfinished"


def _revision(repository: str, entry: ModelEntry) -> str | None:
    """That of the main part; further parts have none of their own."""
    return entry.revision if repository == entry.repository else None


def _snapshot(cache: Path, repository: str, entry: ModelEntry) -> Path | None:
    from huggingface_hub import try_to_load_from_cache

    if _unfinished(cache, repository, entry).exists() or not cache.is_dir():
        return None
    revision = _revision(repository, entry)
    index = try_to_load_from_cache(repository, INDEX, cache_dir=cache, revision=revision)
    if not isinstance(index, str):
        return None
    try:
        return describe(Path(index).parent, entry.variant).path
    except PaintError:
        return None


def _download(cache: Path, repository: str, entry: ModelEntry, tell: Tell, stop: threading.Event) -> None:
    place, unfinished = _place(cache, repository), _unfinished(cache, repository, entry)
    unfinished.touch()
    for broken_off in (place / "blobs").glob("*.incomplete"):
        broken_off.unlink()
    words = [sys.executable, "-m", "dreamrender.diffusion.hub", repository, str(cache), "--held"]
    words += ["--variant", entry.variant] if entry.variant else []
    revision = _revision(repository, entry)
    words += ["--revision", revision] if revision else []
    ours = {"PYTHONPATH": os.pathsep.join(sys.path), "HF_HUB_DISABLE_PROGRESS_BARS": "1"}
    with TemporaryDirectory() as folder:
        said, wrong = Path(folder) / "said", Path(folder) / "wrong"
        with said.open("w") as out, wrong.open("w") as err:
            process = subprocess.Popen(
                words, stdin=subprocess.PIPE, stdout=out, stderr=err, env={**os.environ, **ours}
            )
        try:
            _watch(process, place / "blobs", said, tell, stop)
        finally:
            process.kill()
            process.wait()
            assert process.stdin is not None
            process.stdin.close()
        if process.returncode != 0:
            last = wrong.read_text("utf-8").strip().rpartition("\n")[2]
            raise FetchError(_told(said).get("failed") or f"`{repository}` could not be fetched: {last}")
    unfinished.unlink()


def _watch(
    process: subprocess.Popen[bytes], blobs: Path, said: Path, tell: Tell, stop: threading.Event
) -> None:
    while True:
        try:
            process.wait(LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            pass
        else:
            return
        tell(_bytes_in(blobs), _told(said).get("whole"))
        if stop.is_set():
            raise GivenUp("This model is not wanted any more; the files of it that are whole are kept.")


def _told(said: Path) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for line in said.read_text("utf-8").splitlines():
        try:
            told |= json.loads(line)
        except ValueError:
            continue
    return told


def _bytes_in(blobs: Path) -> int:
    total = 0
    for file in blobs.glob("*"):
        try:
            total += file.stat().st_size
        except FileNotFoundError:
            continue
    return total
