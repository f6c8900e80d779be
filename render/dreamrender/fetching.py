"""Fetching a file from one of several places: resumed where it broke off, checked, put in place at once."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit

import httpx2 as httpx
from filelock import FileLock, Timeout

from dreamqueue.errors import PaintError
from dreamrender.part import Part, sha256_of

TRIES = 4
"""Attempts at one source in a row that bring nothing new."""
MOST_TRIES = 200
"""Attempts at one source in all."""
ROOM = 64 << 20
"""Bytes of the disk that stay free."""

WEIGHTS = (".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".pkl")
"""Suffixes of checkpoints: one may be had in another form than the catalogue's name says."""

_TIMEOUT = httpx.Timeout(30.0, read=60.0)
_PAGES = (b"<!doctype html", b"<html", b"<head")

Tell: TypeAlias = Callable[[int, int | None], None]
"""Called with the bytes that are here, and those there are in all if that is known."""


class FetchError(PaintError):
    """A file could not be fetched; what was fetched of it stays for the next attempt."""


class GivenUp(FetchError):
    """Nobody wants the file any more."""


@dataclass(frozen=True)
class Wanted:
    """A file to fetch."""

    path: Path
    sources: Sequence[str]
    sha256: str | None = None
    size: int | None = None


class _Again(Exception):
    """This attempt broke off; another may get further."""


LOOK_SECONDS = 1.0
"""How often one who waits for another's fetching looks whether it is still wanted."""
LOOK_EVERY = 1 << 26
"""Bytes after which the disk is looked at again, where nobody says how long a file is."""


class _Useless(Exception):
    """This source does not have the file."""


def fetch(
    wanted: Wanted,
    tell: Tell = lambda here, whole: None,
    *,
    give_up: threading.Event | None = None,
    pause: float = 1.0,
) -> None:
    """Fetch a file to its place, from the first source that has it. An older file there stays until then.

    While another process fetches the same file, it waits for that one. Between attempts it rests `pause`
    seconds, then twice as long, and so on. Raises FetchError.
    """
    failures = []
    stop = give_up or threading.Event()
    absent = not _there(wanted)
    try:
        wanted.path.parent.mkdir(parents=True, exist_ok=True)
        with (
            alone(wanted.path, stop),
            httpx.Client(follow_redirects=True, timeout=_TIMEOUT) as client,
        ):
            if absent and _there(wanted):
                return
            for source in wanted.sources:
                try:
                    return _Attempt(client, source, wanted, tell, stop, pause).run()
                except _Useless as why:
                    failures.append(f"{urlsplit(address(source)).hostname} {why}")
    except OSError as error:
        raise FetchError(f"{wanted.path.name} cannot be written: {error.strerror}.") from error
    tried = "; ".join(failures) or "the catalogue names no place that has it"
    raise FetchError(f"{wanted.path.name} could not be fetched: {tried}.")


def _there(wanted: Wanted) -> bool:
    return any(kept_as(wanted.path, source).is_file() for source in wanted.sources)


@contextlib.contextmanager
def alone(path: Path, stop: threading.Event) -> Iterator[None]:
    """Inside, no other process fetches to this place; waits until it has, or until it is not wanted any more.

    Raises GivenUp.
    """
    lock = FileLock(f"{path}.lock")
    while True:
        try:
            lock.acquire(timeout=LOOK_SECONDS)
            break
        except Timeout:
            if stop.is_set():
                raise GivenUp(f"{path.name} is not wanted any more.") from None
    try:
        yield
    finally:
        lock.release()


def kept_as(path: Path, source: str) -> Path:
    """Where a source's file is kept: on the hub, its suffix says in which form it has the weights."""
    suffix = Path(source).suffix
    return (
        path.with_suffix(suffix) if source.startswith("hf:") and {suffix, path.suffix} < {*WEIGHTS} else path
    )


def address(source: str) -> str:
    """The address of a source; `hf:` is the Hugging Face hub, or the mirror that HF_ENDPOINT names."""
    if not source.startswith("hf:"):
        return source
    owner, repository, file = source.removeprefix("hf:").split("/", 2)
    hub = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    return f"{hub}/{owner}/{repository}/resolve/main/{file}"


class _Attempt:
    """One source, as often as it gets further."""

    def __init__(
        self,
        client: httpx.Client,
        source: str,
        wanted: Wanted,
        tell: Tell,
        give_up: threading.Event,
        pause: float,
    ) -> None:
        self.client, self.url, self.wanted = client, address(source), wanted
        self.tell, self.give_up, self.pause = tell, give_up, pause
        self.path = kept_as(wanted.path, source)
        self.part = Part(self.path, self.url)
        self.sha256 = wanted.sha256
        self.size = wanted.size

    def run(self) -> None:
        idle = 0
        for _ in range(MOST_TRIES):
            before = self.part.size
            try:
                self._read()
            except httpx.UnsupportedProtocol as why:
                raise _Useless(f"cannot be used ({why})") from None
            except (httpx.TransportError, _Again) as why:
                idle = 0 if self.part.size > before else idle + 1
                if idle < TRIES:
                    if self.give_up.wait(self.pause * 2**idle):
                        self._gone()
                    continue
                raise _Useless(f"does not answer well ({why})") from None
            except httpx.HTTPError as why:
                raise _Useless(f"cannot be used ({why})") from None
            if found := self._proven(resumed=before > 0):
                self.part.put(self.path, found)
                return
        raise _Useless(f"broke off {MOST_TRIES} times")

    def _read(self) -> None:
        headers = {"Accept-Encoding": "identity", **self.part.range_header()}
        with self.client.stream("GET", self.url, headers=headers) as answer:
            if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                if answer.headers.get("content-range") == f"bytes */{self.part.size}":
                    return
                self.part.clear()
                raise _Again("it has less than what is here already")
            if answer.status_code >= 500 or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
                raise _Again(f"answers {answer.status_code}")
            if answer.status_code >= 400:
                raise _Useless(f"answers {answer.status_code} {answer.reason_phrase}")
            if "text/html" in answer.headers.get("content-type", ""):
                raise _Useless("gives a web page in place of the file")
            self._heed(answer)
            if answer.status_code != HTTPStatus.PARTIAL_CONTENT:
                self.part.clear()
            whole = self._whole(answer)
            self._make_room(whole)
            said = answer.headers
            self.part.source(said.get("etag", ""), said.get("last-modified", ""), whole)
            self._write(answer, whole)
            if whole is not None and self.part.size < whole:
                raise _Again(f"broke off after {self.part.size:,} of {whole:,} bytes")

    def _write(self, answer: httpx.Response, whole: int | None) -> None:
        self.tell(self.part.size, whole)
        with self.part.path.open("ab") as file:
            for piece in answer.iter_raw():
                file.write(piece)
                self.tell(file.tell(), whole)
                if whole is None and file.tell() % LOOK_EVERY < len(piece):
                    self._make_room(file.tell() + LOOK_EVERY)
                if self.give_up.is_set():
                    self._gone()

    def _heed(self, answer: httpx.Response) -> None:
        """The hub says in its first answer, before it passes us on, what the file has to be."""
        for step in (*answer.history, answer):
            stated = step.headers.get("x-linked-etag", "").strip('"')
            if self.sha256 is None and len(stated) == 64:
                self.sha256 = stated
            if self.size is None and step.headers.get("x-linked-size", "").isdigit():
                self.size = int(step.headers["x-linked-size"])

    def _whole(self, answer: httpx.Response) -> int | None:
        """Its length in all, if it is said; a wrong one is no use to us."""
        partial = answer.status_code == HTTPStatus.PARTIAL_CONTENT
        start, _, total = answer.headers.get("content-range", "").removeprefix("bytes ").partition("/")
        stated = total if partial else answer.headers.get("content-length", "")
        whole = int(stated) if stated.isdigit() else None
        if partial and not (start.startswith(f"{self.part.size}-") and self.part.fits(whole)):
            self.part.clear()
            raise _Again("goes on with something else than was begun")
        if whole is not None and self.size not in (None, whole):
            raise _Useless(f"has a file of {whole:,} bytes, and it should be {self.size:,}")
        return whole if whole is not None else self.size

    def _make_room(self, whole: int | None) -> None:
        missing = (whole or 0) - self.part.size
        free = shutil.disk_usage(self.part.path.parent).free
        if missing + ROOM > free:
            raise OSError(
                errno.ENOSPC,
                f"{missing / 1e9:.1f} GB are missing, and the disk of {self.part.path.parent} "
                f"has {free / 1e9:.1f} GB free",
            )

    def _proven(self, *, resumed: bool) -> str | None:
        """Its checksum, if it is what it should be; None to try it once more from the beginning."""
        if self.part.beginning().lstrip().lower().startswith(_PAGES):
            self.part.clear()
            raise _Useless("gives a web page in place of the file")
        found = sha256_of(self.part.path)
        if self.sha256 is None or found == self.sha256:
            return found
        self.part.clear()
        if resumed:
            return None
        raise _Useless(
            f"has another file than its publisher's: sha256 {found[:12]}…, not {self.sha256[:12]}…"
        )

    def _gone(self) -> None:
        raise GivenUp(f"{self.wanted.path.name} is not wanted any more; what was fetched of it is kept.")
